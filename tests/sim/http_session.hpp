#pragma once

#include "core/scheduler/claim_book.hpp"
#include "tests/sim/http_front.hpp"
#include "tests/sim/scheduler_process.hpp"

#include <algorithm>
#include <deque>

namespace callboard::sim {

/// The scheduler's side of a worker over HTTP: a real book of claims, and what actors/fleet/http_session.cpp does
/// around it. It is the node to a worker proxy.
class http_session final : public proxy_peer {
public:
  /// Of an attempt that is over this long, and that a worker ends that keeps to its timeouts.
  static constexpr duration kill_grace = std::chrono::milliseconds{500};

  http_session(world& w, scheduler_process& s, history& h, const weather& sky, std::string token, sim_worker& who,
               sign_up_request r);

  /// Has a proxy made for it. @param reply  to the client; none when a proxy has ended
  void join(answer<work_session> reply);
  /// It is over; whoever waits for something of it is told so.
  void close();

  // -- requests of its client
  void claim(claim_request r, const answer<claim_answer>& reply);
  void renew(const answer<work_news>& reply);
  void end(outcome_request r, const answer<done>& reply);
  void note(progress_request r, const answer<work_news>& reply);
  void leave(const answer<done>& reply);

  bool has_joined() const {
    return link_ != nullptr;
  }
  bool is_of(const worker_registration& r) const {
    return registration_.name == r.name && registration_.boot_epoch == r.boot_epoch;
  }
  bool is_older(const sign_up_request& r) const {
    return book_.is_older(r);
  }
  /// The answer to the claim of that number has arrived at the worker: nothing more may begin by it.
  void has_arrived(uint64_t claim) {
    arrived_ = std::max(arrived_, claim);
  }
  const std::string& token() const {
    return token_;
  }

  // -- what its proxy says
  void deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) override;
  void on_challenge(const std::shared_ptr<connection>&) override {
  }
  void on_welcome(const std::shared_ptr<connection>& c, uint64_t boot, duration lease) override;
  void on_beat_answered(const std::shared_ptr<connection>& c, const stamp& sent) override;
  void on_closed(const std::shared_ptr<connection>& c, bool lost) override;
  void on_orders(const std::shared_ptr<connection>& c, const node_orders& x) override;
  void on_drain(const std::shared_ptr<connection>& c, duration grace) override;
  sim_worker& worker() override {
    return who_;
  }

private:
  moment now() const {
    return scheduler_.clock().now();
  }
  void send(const char* what, std::function<void()> f);
  void beat(answer<work_news> reply);
  void follow_up();
  void answer_claim(std::vector<claimed_attempt> got);
  void claim_waiting(const moment& t);
  /// @param given_up  its ends are those of attempts that did not stop
  void tell_report(bool given_up);
  void leave_if_over();
  void give_up_when_due(const moment& t);
  void set_alarm();
  // -- what it is judged by
  void note_claimed(uint64_t number, const std::vector<claimed_attempt>& got);
  void check_checkpoint_order(uint64_t fence, const std::string& text);
  void check_timed_out(const attempt_ended& x);
  void check_given_up(const attempt_ended& x);
  void check_kept(const attempt_ref& a);

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  const weather& sky_;
  sim_worker& who_;
  const std::string token_;
  worker_registration registration_;
  claim_book book_;
  std::shared_ptr<connection> joining_, link_;
  answer<work_session> welcomes_;
  bool told_taking_ = true, left_ = false, over_ = false;
  answer<claim_answer> waiting_; ///< of the client that waits for attempts
  claim_request asked_;
  steady_point claim_until_ = steady_point::max();
  std::map<uint64_t, answer<done>> outcomes_; ///< by fence: who waits for the commit
  answer<done> leaving_;
  /// Heartbeats that its proxy has not answered, and when they were passed on.
  std::deque<std::pair<answer<work_news>, steady_point>> beats_;
  steady_point lease_end_{}, kept_up_at_{};
  uint64_t alarms_ = 0;
  uint64_t arrived_ = 0, begun_by_ = 0;              ///< numbers of claims
  std::map<uint64_t, std::string> checkpoints_told_; ///< by fence
};

} // namespace callboard::sim
