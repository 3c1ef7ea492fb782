#include "tests/sim/http_session.hpp"

#include <algorithm>

namespace callboard::sim {

namespace {

using namespace std::chrono_literals;

claim_rules rules_of(const worker_registration& r) {
  return {r.slots, 1s, 100ms, http_session::kill_grace, 1s, log_lines_max};
}

error no_session() {
  return {ec::unknown_worker, "there is no such session"};
}

} // namespace

http_session::http_session(world& w, scheduler_process& s, history& h, const weather& sky, std::string token,
                           sim_worker& who, sign_up_request r)
  : w_(w), scheduler_(s), history_(h), sky_(sky), who_(who), token_(std::move(token)), registration_(r.registration),
    book_(rules_of(r.registration), r, now()) {
}

void http_session::close() {
  over_ = true;
  ++alarms_;
  welcomes_.deliver(no_session());
  waiting_.deliver(no_session());
  for (auto& [fence, reply] : outcomes_)
    reply.deliver(no_session());
  leaving_.deliver(no_session());
  for (auto& [reply, sent] : beats_)
    reply.deliver(no_session());
}

// -- its proxy --------------------------------------------------------------------------------------------------------

void http_session::join(answer<work_session> reply) {
  joining_ = std::make_shared<connection>(connection{std::make_shared<wire>()});
  welcomes_ = std::move(reply);
  auto x = registration_;
  x.held = book_.held();
  w_.after(w_.between(0ms, sky_.message_max), scheduler_.alive(), "a session joins", [this, c = joining_, x] {
    if (scheduler_.may_join(x))
      return scheduler_.join(c, *this, x);
    welcomes_.deliver(error{ec::invalid_state, "the name is taken"});
    scheduler_.http().drop(token_);
  });
}

void http_session::send(const char* what, std::function<void()> f) {
  auto& over = *link_->over;
  over.last_to_scheduler = std::max(w_.now() + w_.between(0ms, sky_.message_max), over.last_to_scheduler + duration{1});
  w_.after(over.last_to_scheduler - w_.now(), scheduler_.alive(), what, std::move(f));
}

void http_session::deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) {
  auto& over = *c->over;
  over.last_to_node = std::max(w_.now() + w_.between(0ms, sky_.message_max), over.last_to_node + duration{1});
  w_.after(over.last_to_node - w_.now(), scheduler_.alive(), what, std::move(f));
}

void http_session::on_welcome(const std::shared_ptr<connection>& c, uint64_t, duration lease) {
  if (over_)
    return scheduler_.let_go(c, "its session is over", false);
  // The fault that took the former proxy lasts until here: by this nobody has renewed the lease but this session.
  if (!welcomes_)
    who_.disturb(w_.now());
  link_ = c;
  joining_.reset();
  lease_end_ = now().steady + lease;
  told_taking_ = true;
  registration_.again = true;
  book_.tell_again(now());
  welcomes_.deliver(work_session{registration_.name, token_, sky_.heartbeat, lease, kill_grace, 20s});
  follow_up();
}

void http_session::on_closed(const std::shared_ptr<connection>& c, bool lost) {
  if (over_ || c != link_)
    return;
  link_.reset();
  for (auto& [reply, sent] : std::exchange(beats_, {}))
    reply.deliver(error{ec::starting, "this worker is about to join"});
  // Gone by its lease; anything else was the end of that actor only.
  if (lost)
    return scheduler_.http().drop(token_);
  left_ = false;
  join({});
}

void http_session::on_orders(const std::shared_ptr<connection>& c, const node_orders& x) {
  if (over_ || c != link_)
    return;
  const auto t = now();
  for (const auto& a : x.acknowledged) {
    check_kept(a);
    book_.acknowledge(a);
    if (auto waiter = outcomes_.extract(a.fence))
      waiter.mapped().deliver(done{});
  }
  book_.run(x.run, t);
  for (const auto& a : x.cancelled)
    book_.cancel(a, t);
  for (const auto& a : x.preempted)
    book_.preempt(a, t);
  follow_up();
}

void http_session::on_drain(const std::shared_ptr<connection>& c, duration grace) {
  if (over_ || c != link_)
    return;
  book_.drain(grace, now());
  answer_claim({});
  follow_up();
}

void http_session::beat(answer<work_news> reply) {
  beats_.emplace_back(std::move(reply), now().steady);
  send("beat", [this, c = link_] { scheduler_.beat(c, *this, {}); });
}

void http_session::on_beat_answered(const std::shared_ptr<connection>& c, const stamp&) {
  if (over_ || c != link_)
    return;
  const auto [reply, sent] = std::move(beats_.front());
  beats_.pop_front();
  if (!reply)
    return;
  lease_end_ = std::max(lease_end_, sent + sky_.lease);
  book_.on_time(now());
  reply.deliver(book_.news());
  follow_up();
}

// -- its client -------------------------------------------------------------------------------------------------------

void http_session::claim(claim_request r, const answer<claim_answer>& reply) {
  const auto t = now();
  auto got = book_.claim(r.number, r.max, t);
  if (!got)
    return reply.deliver(std::move(got).err());
  note_claimed(r.number, *got);
  std::exchange(waiting_, {}).deliver(error{ec::internal_timeout, "the same claim was sent again meanwhile"});
  asked_ = std::move(r);
  claim_until_ = t.steady + asked_.wait;
  if (got->empty() && !book_.is_closed(asked_.number))
    waiting_ = reply;
  else
    reply.deliver(claim_answer{std::move(*got), book_.news()});
  follow_up();
}

void http_session::renew(const answer<work_news>& reply) {
  if (book_.stuck())
    return reply.deliver(error{ec::invalid_state, "the lease is not renewed any more"});
  beat(reply);
}

void http_session::end(outcome_request r, const answer<done>& reply) {
  const attempt_ref a{r.end.job, r.end.fence};
  const auto said = book_.end(std::move(r.end), now());
  if (!said)
    return reply.deliver(said.err());
  if (*said == claim_book::told::settled) {
    check_kept(a);
    return reply.deliver(done{});
  }
  auto& waiter = outcomes_[a.fence];
  waiter.deliver(error{ec::internal_timeout, "the same outcome was sent again meanwhile"});
  waiter = reply;
  follow_up();
}

void http_session::note(progress_request r, const answer<work_news>& reply) {
  if (auto e = book_.note(std::move(r), now()))
    return reply.deliver(std::move(*e));
  reply.deliver(book_.news());
  follow_up();
}

void http_session::leave(const answer<done>& reply) {
  book_.release_all(now());
  answer_claim({});
  leaving_.deliver(error{ec::internal_timeout, "the worker has sent this again"});
  leaving_ = reply;
  follow_up();
}

// -- what follows -----------------------------------------------------------------------------------------------------

void http_session::follow_up() {
  const auto t = now();
  book_.on_time(t);
  claim_waiting(t);
  if (link_) {
    // First: what goes back is not to come here again.
    if (std::exchange(told_taking_, book_.takes_work()) != book_.takes_work())
      send("takes work", [this, c = link_, on = told_taking_] { scheduler_.say_takes_work(c, on); });
    tell_report(false);
    leave_if_over();
  }
  if (link_ && book_.stuck())
    give_up_when_due(t);
  if (!over_)
    set_alarm();
}

void http_session::claim_waiting(const moment& t) {
  if (!waiting_)
    return;
  auto got = book_.claim(asked_.number, asked_.max, t);
  if (!got)
    return std::exchange(waiting_, {}).deliver(std::move(got).err());
  note_claimed(asked_.number, *got);
  if (!got->empty() || t.steady >= claim_until_)
    answer_claim(std::move(*got));
}

void http_session::answer_claim(std::vector<claimed_attempt> got) {
  if (waiting_ && got.empty())
    book_.close_claim(asked_.number);
  std::exchange(waiting_, {}).deliver(claim_answer{std::move(got), book_.news()});
}

void http_session::leave_if_over() {
  if (!leaving_ || !book_.empty() || std::exchange(left_, true))
    return;
  send("a worker leaves", [this, c = link_] {
    scheduler_.let_go(c, "the worker left", true);
    leaving_.deliver(done{});
    scheduler_.http().drop(token_);
  });
}

/// The lease of the client is not renewed any more, so it is dead when that has run out; until then its proxy is kept
/// up, so that the attempt ends as timed out and not as lost.
void http_session::give_up_when_due(const moment& t) {
  if (t.steady < lease_end_) {
    if (t.steady >= kept_up_at_ + sky_.heartbeat) {
      kept_up_at_ = t.steady;
      beat({});
    }
    return;
  }
  w_.note(registration_.name + " is given up");
  book_.give_up(t);
  tell_report(true);
  who_.disturb(w_.now());
  send("a worker is given up", [this, c = link_] { scheduler_.let_go(c, "it did not stop an attempt", false); });
  scheduler_.http().drop(token_);
}

void http_session::set_alarm() {
  auto at = std::min(book_.next_due(), waiting_ ? claim_until_ : steady_point::max());
  if (link_ && book_.stuck())
    at = std::min({at, kept_up_at_ + sky_.heartbeat, lease_end_});
  const auto alarm = ++alarms_;
  if (at == steady_point::max())
    return;
  const auto wait = std::max<duration>(scheduler_.clock().true_time(at - now().steady), duration{1});
  w_.after(wait, scheduler_.alive(), "a session's alarm", [this, alarm] {
    if (alarm == alarms_)
      follow_up();
  });
}

} // namespace callboard::sim
