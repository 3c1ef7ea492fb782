#include "actors/scheduler/report_recorder.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"
#include "storage/report_codec.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// The days of which rows are stored, one a line; rows cannot be looked through for that, there may be millions.
constexpr std::string_view days_fact = "report-days";
/// Until what could not be read is asked for again: the store is opened within that, as a rule.
constexpr std::chrono::milliseconds ask_again_after{200};

using facts = std::vector<std::pair<std::string, std::string>>;

std::string days_text(const std::set<report_day>& days) {
  std::string out;
  for (const auto d : days)
    out.append(to_text(d)).push_back('\n');
  return out;
}

std::set<report_day> read_days(const facts& found) {
  std::set<report_day> out;
  for (const auto& [name, text] : found)
    for (size_t at = 0; name == days_fact && at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      if (const auto day = parse_report_day(std::string_view{text}.substr(at, end - at)))
        out.insert(*day);
      at = end + 1;
    }
  return out;
}

} // namespace

report_recorder::report_recorder(report_recorder_options options) : options_(std::move(options)) {
  if (!options_.book)
    options_.book = std::make_shared<report_book>(options_.settings.names_max);
  options_.book->begin_again();
}

void report_recorder::wake_at(const metrics_actor& self, steady_point at) {
  caf::anon_send(options_.timekeeper, wake_request{at, caf::actor_cast<caf::actor>(self)});
}

void report_recorder::start(const metrics_actor& self, steady_point now) {
  if (!options_.settings.enabled)
    return;
  flush_at_ = now + options_.settings.flush_every;
  read_days(self);
  read_rows(self);
  wake_at(self, std::min(flush_at_, now + ask_again_after));
}

void report_recorder::read_days(const metrics_actor& self) {
  if (options_.book->knows_days())
    return;
  ++days_asked_;
  caf::anon_send(options_.keeper, fact_read{std::string{days_fact}, answer<facts>{[self](result<facts> x) {
                                              caf::anon_send(self, report_days_came{std::move(x)});
                                            }}});
}

void report_recorder::read_rows(const metrics_actor& self) {
  for (const auto day : options_.book->unread())
    if (asked_.insert(day).second)
      caf::anon_send(options_.keeper, fact_read{report_prefix(day), answer<facts>{[self, day](result<facts> x) {
                                                  caf::anon_send(self, report_facts_came{day, std::move(x)});
                                                }}});
}

void report_recorder::add(const metrics_delta& d, time_point at, const price_table& prices, const metrics_actor& self) {
  if (!options_.settings.enabled)
    return;
  options_.book->add(d, at, prices);
  // What cannot be read is asked for again later, not with every job.
  if (const auto day = std::chrono::floor<std::chrono::days>(at); asked_last_ != day) {
    asked_last_ = day;
    read_rows(self);
  }
}

bool report_recorder::is_ready(const report_query& q) const {
  const auto unread = options_.book->unread();
  return std::none_of(unread.begin(), unread.end(), [&](report_day d) { return q.from <= d && d <= q.to; });
}

void report_recorder::on(report_call& x) {
  if (!is_ready(x.query))
    return waiting_.push_back(std::move(x));
  x.fresh = std::make_shared<const report_rows>(options_.book->rows(report_sum{x.query}));
  const auto next = std::exchange(x.pass_on, nullptr);
  next(std::move(x));
}

void report_recorder::on(report_facts_came& x, const metrics_actor& self, steady_point now) {
  asked_.erase(x.day);
  if (x.facts) {
    std::vector<std::string> damaged;
    options_.book->restore(x.day, read_report_rows(*x.facts, damaged));
    for (const auto& name : damaged)
      log().error("a row of the reports cannot be read, and begins anew: {}", name);
  } else {
    wake_at(self, std::min(flush_at_, now + ask_again_after));
  }
  for (auto& call : std::exchange(waiting_, {})) {
    if (!x.facts && call.query.from <= x.day && x.day <= call.query.to)
      call.reply.deliver(x.facts.err());
    else
      on(call);
  }
  go_on_draining(self);
}

void report_recorder::on(report_days_came& x, const metrics_actor& self) {
  --days_asked_;
  if (x.facts)
    options_.book->restore_days(callboard::read_days(*x.facts));
  go_on_draining(self);
}

void report_recorder::on_wake(const metrics_actor& self, time_point at, steady_point now) {
  auto& book = *options_.book;
  read_days(self);
  read_rows(self);
  if (flush_at_ <= now) {
    flush_at_ = now + options_.settings.flush_every;
    if (!remove_old(at, self))
      flush(self);
  }
  const bool asks = !book.knows_days() || !asked_.empty();
  wake_at(self, asks ? std::min(flush_at_, now + ask_again_after) : flush_at_);
}

/// Whether something is written now.
bool report_recorder::flush(const metrics_actor& self) {
  auto& book = *options_.book;
  if (book.is_flushing() || removing_)
    return true;
  auto f = book.begin_flush();
  if (f.rows.empty())
    return false;
  fact_part part;
  part.facts.reserve(f.rows.size() + 1);
  for (const auto& [key, row] : f.rows)
    part.facts.emplace_back(report_fact_name(key), encode_report_row(row));
  if (f.days != book.stored_days())
    part.facts.emplace_back(days_fact, days_text(f.days));
  part.reply = answer<done>{[self, number = ++flushes_](result<done> x) {
    caf::anon_send(self, report_written{number, x ? std::nullopt : std::optional{x.err()}});
  }};
  caf::anon_send(options_.keeper, std::move(part));
  return true;
}

/// One day at a time: its rows are looked up, and removed together with its name in the list. Whether there was one.
bool report_recorder::remove_old(time_point at, const metrics_actor& self) {
  const auto& days = options_.book->stored_days();
  if (options_.book->is_flushing() || removing_ || !options_.book->knows_days() || days.empty() ||
      options_.settings.keep >= at.time_since_epoch() ||
      *days.begin() >= std::chrono::floor<std::chrono::days>(at - options_.settings.keep))
    return false;
  removing_ = *days.begin();
  auto left = days;
  left.erase(*removing_);
  const auto over = [self, number = ++flushes_](result<done> x) {
    caf::anon_send(self, report_written{number, x ? std::nullopt : std::optional{x.err()}});
  };
  caf::anon_send(options_.keeper, fact_read{report_prefix(*removing_),
                                            answer<facts>{[over = answer<done>{over}, keeper = options_.keeper,
                                                           list = days_text(left)](result<facts> x) {
                                              if (!x)
                                                return over.deliver(std::move(x).err());
                                              fact_part part;
                                              part.facts.emplace_back(days_fact, list);
                                              for (auto& [name, row] : *x)
                                                part.removed.push_back(std::move(name));
                                              part.reply = over;
                                              caf::anon_send(keeper, std::move(part));
                                            }}});
  return true;
}

void report_recorder::on(const report_written& x, const metrics_actor& self) {
  if (x.flush != flushes_)
    return;
  flushes_failed_ += x.failed.has_value();
  if (x.failed)
    log().warn("reports could not be written, and will be again: {}", x.failed->message);
  if (removing_) {
    if (!x.failed)
      options_.book->removed(*removing_);
    removing_.reset();
    if (drains_.empty())
      flush(self);
  } else {
    options_.book->end_flush(!x.failed);
  }
  // Once more, for what has been counted since; a store that cannot write is not waited for.
  if (!drains_.empty() && (x.failed || !flush(self)))
    answer_drains();
}

void report_recorder::drain(caf::typed_response_promise<caf::ok_atom> promise, const metrics_actor& self) {
  drains_.push_back(std::move(promise));
  if (!options_.settings.enabled)
    return answer_drains();
  read_days(self);
  read_rows(self);
  go_on_draining(self);
}

/// Nothing is written before it is known what the store has; what cannot be read is not waited for.
void report_recorder::go_on_draining(const metrics_actor& self) {
  if (!drains_.empty() && days_asked_ == 0 && asked_.empty() && !flush(self))
    answer_drains();
}

void report_recorder::answer_drains() {
  for (auto& promise : std::exchange(drains_, {}))
    promise.deliver(caf::ok_atom{});
}

} // namespace callboard
