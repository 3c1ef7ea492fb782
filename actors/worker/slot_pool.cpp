#include "actors/worker/slot_pool.hpp"

#include "actors/runtime/log.hpp"
#include "core/base/seconds_text.hpp"
#include "messages/convert.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "process/thread_usage.hpp"

namespace callboard {

namespace {

/// A start is reported with the attempt's end when that comes within this time, and by itself after it.
constexpr std::chrono::milliseconds start_report_delay{10};
/// Ends are reported together while more work waits here, so that short attempts do not cost a message each: at most so
/// many, and no longer than the first of them is so old. When a longer attempt follows, the time keeper reports them.
constexpr size_t report_ends_max = 64;
constexpr std::chrono::milliseconds report_delay_max{1};
/// Between two checkpoints of one attempt that are reported: each costs the scheduler a write.
constexpr std::chrono::seconds checkpoint_pause{1};
/// Between two reports of what one attempt logs: soon enough for whoever looks on.
constexpr std::chrono::milliseconds log_pause{500};
/// A handler that neither ends nor reacts this long after its attempt should have been killed blocks a slot for ever
/// and breaks the promise of its timeout: the worker process gives up. It ends by a signal, so that whoever started it
/// (the scheduler, a guardian) starts it again.
constexpr std::chrono::seconds stuck_grace{30};

time_point wall_now() {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

} // namespace

/// An attempt's window to the pool.
class slot_pool::context final : public handler_context {
public:
  context(slot_pool& pool, const attempt_order& order, cancel_token token, clock::time_point deadline,
          std::shared_ptr<attempt_lines> lines)
    : pool_(pool), order_(order), token_(std::move(token)), deadline_(deadline), lines_(std::move(lines)) {
  }
  const cancel_token& token() const override {
    return token_;
  }
  clock::time_point deadline() const override {
    return deadline_;
  }
  fence_token fence() const override {
    return fence_token{order_.fence};
  }
  void progress(int percent, std::string_view message) override {
    pool_.set_progress(order_.job, order_.fence, percent, message);
  }
  void save_checkpoint(std::string_view text) override {
    pool_.set_checkpoint(order_.job, order_.fence, text);
  }
  void log(std::string_view line) override {
    note_soft_timeout();
    add(line);
  }
  /// The log says when its handler was told, once: before what it says after that.
  void note_soft_timeout() {
    if (token_.soft_timed_out() && !std::exchange(soft_timeout_noted_, true))
      add("its soft timeout of " + seconds_text(duration{order_.soft_timeout_us}) + " s is over");
  }

private:
  void add(std::string_view line) {
    if (lines_->add(line))
      pool_.report_log(order_.fence);
  }

  slot_pool& pool_;
  const attempt_order& order_;
  cancel_token token_;
  clock::time_point deadline_;
  const std::shared_ptr<attempt_lines> lines_;
  bool soft_timeout_noted_ = false;
};

slot_pool::slot_pool(std::shared_ptr<const handler_registry> handlers, uint32_t slots, worker_settings settings,
                     std::function<void()> notify)
  : handlers_(std::move(handlers)), slots_(slots), settings_(std::move(settings)), notify_(std::move(notify)) {
  for (uint32_t i = 0; i < slots; ++i)
    threads_.emplace_back([this] { slot_loop(); });
  threads_.emplace_back([this] { watch_loop(); });
}

slot_pool::~slot_pool() {
  close();
  stop_all(cancel_token::reason::shutdown);
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_all();
  watch_.notify_all();
  for (auto& t : threads_)
    t.join();
}

void slot_pool::run(std::vector<attempt_order> orders) {
  const auto now = clock::now();
  bool wake = false;
  {
    std::lock_guard lock{mutex_};
    for (auto& o : orders) {
      if (closed_)
        end(o.job, o.fence, {.kind = outcome_kind::returned});
      else
        waiting_.push_back({std::move(o), now});
    }
    watch_waiting();
    if (closed_)
      tell();
    wake = needs_thread();
  }
  if (wake)
    work_.notify_one();
}

worker_report slot_pool::take_report() {
  worker_report r;
  std::lock_guard lock{mutex_};
  told_ = false;
  r.ended = std::exchange(ended_, {});
  if (std::exchange(start_unreported_, false)) {
    for (auto& [fence, x] : running_)
      if (!std::exchange(x.start_reported, true))
        r.started.push_back({x.job, fence, to_wire(x.started_at)});
  }
  for (auto& [fence, p] : progress_)
    r.progress.push_back(std::move(p));
  progress_.clear();
  const auto now = clock::now();
  for (auto& [fence, c] : checkpoints_)
    if (c.fresh && now >= c.due) {
      c.fresh = false;
      c.due = now + checkpoint_pause;
      r.checkpoints.push_back({c.job, fence, c.text});
    }
  for (auto& [fence, x] : running_)
    if (x.log_waits && now >= x.log_due) {
      x.log_waits = false;
      x.log_due = now + log_pause;
      if (auto fresh = x.lines->take_new(); !fresh.lines.empty())
        r.logs.push_back({x.job, fence, fresh.first, std::move(fresh.lines)});
    }
  return r;
}

slot_pool::load slot_pool::current_load() const {
  std::lock_guard lock{mutex_};
  return {static_cast<uint32_t>(running_.size()), static_cast<uint32_t>(waiting_.size())};
}

void slot_pool::slot_loop() {
  for (;;) {
    attempt_order order;
    cancel_token token;
    clock::time_point deadline;
    std::shared_ptr<attempt_lines> lines;
    bool wake = false;
    {
      std::unique_lock lock{mutex_};
      while (!stopping_ && waiting_.empty()) {
        ++idle_;
        work_.wait(lock);
        --idle_;
        waking_ = false;
      }
      if (stopping_)
        return;
      order = std::move(waiting_.front().order);
      waiting_.pop_front();
      const auto now = clock::now();
      auto& r = running_[order.fence];
      r.job = order.job;
      r.deadline = now + duration{order.timeout_us};
      if (order.soft_timeout_us > 0)
        r.soft_end = now + duration{order.soft_timeout_us};
      r.started_at = wall_now();
      r.begun = now;
      if (!std::exchange(start_unreported_, true))
        watch_by(now + start_report_delay);
      token = r.token;
      deadline = r.deadline;
      lines = r.lines = std::make_shared<attempt_lines>(settings_.log_lines_max, settings_.log_line_bytes_max);
      watch_by(std::min(deadline, r.soft_end));
      watch_waiting();
      wake = needs_thread();
    }
    if (wake)
      work_.notify_one();
    run_one(order, token, deadline, lines);
  }
}

bool slot_pool::needs_thread() {
  return !waiting_.empty() && idle_ > 0 && !std::exchange(waking_, true);
}

void slot_pool::run_one(const attempt_order& order, const cancel_token& token, clock::time_point deadline,
                        const std::shared_ptr<attempt_lines>& lines) {
  const auto begun = clock::now();
  context ctx{*this, order, token, deadline, lines};
  const thread_usage used;
  auto outcome = call_handler(order, ctx);
  // A handler that runs a program has measured that.
  if (outcome.usage.cpu_us == 0)
    outcome.usage.cpu_us = used.cpu_us();
  if (outcome.result.size() > settings_.result_bytes_max) {
    ctx.log("the result of " + std::to_string(outcome.result.size()) +
            " bytes is larger than workers.result_bytes_max");
    outcome.result = dropped_result(outcome.result.size());
  }
  ctx.note_soft_timeout();
  outcome.log = lines->take_all();
  const auto now = clock::now();
  bool due = false;
  {
    std::lock_guard lock{mutex_};
    auto i = running_.find(order.fence);
    // Its end is told by how long it ran, so that a step of the wall clock makes no attempt longer or shorter.
    outcome.started_at = i->second.started_at;
    outcome.finished_at = i->second.started_at + std::chrono::floor<duration>(now - i->second.begun);
    if (outcome.kind == outcome_kind::returned && token.why() == cancel_token::reason::preempted)
      outcome.message = preempted_text(i->second.preempted_by);
    if (auto saved = checkpoints_.extract(order.fence))
      outcome.checkpoint = blob{std::move(saved.mapped().text)};
    running_.erase(i);
    progress_.erase(order.fence);
    end(order.job, order.fence, std::move(outcome));
    due = end_is_due(now, now - begun);
  }
  if (due)
    notify_();
}

attempt_outcome slot_pool::call_handler(const attempt_order& order, context& ctx) {
  auto* h = handlers_->find(order.type);
  if (!h)
    return fail("UNKNOWN_TYPE", "this worker has no handler for " + order.type);
  try {
    attempt a{job_id{order.job},
              fence_token{order.fence},
              order.type,
              order.payload,
              order.number,
              duration{order.timeout_us},
              order.memory_bytes,
              order.cpu_milli,
              order.checkpoint,
              order.checkpoint_bytes_max,
              duration{order.soft_timeout_us},
              order.traceparent,
              order.tracestate};
    return h->run(a, ctx);
  } catch (const std::exception& e) {
    return fail("HANDLER_EXCEPTION", e.what());
  } catch (...) {
    return fail("HANDLER_EXCEPTION", "the handler threw something that is not a std::exception");
  }
}

void slot_pool::watch_loop() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (next_watch_ == clock::time_point::max())
      watch_.wait(lock);
    else
      watch_.wait_until(lock, next_watch_);
    const auto now = clock::now();
    if (now >= next_watch_)
      next_watch_ = check_times(now);
  }
}

slot_pool::clock::time_point slot_pool::check_times(clock::time_point now) {
  auto next = clock::time_point::max();
  for (auto& [fence, r] : running_) {
    if (r.stuck_armed && now >= r.deadline + settings_.kill_grace + stuck_grace) {
      log_last_words("attempt " + std::to_string(fence) + " of " + to_string(job_id{r.job}) +
                     " neither ends nor stops: this worker gives up");
      std::abort();
    }
    if (now >= r.deadline && !r.stuck_armed) {
      r.stuck_armed = true;
      r.token.cancel(cancel_token::reason::timed_out);
    }
    if (now >= r.soft_end) {
      r.soft_end = clock::time_point::max();
      r.token.tell_soft_timeout();
    }
    next = std::min(next, r.soft_end);
    next = std::min(next, r.stuck_armed ? r.deadline + settings_.kill_grace + stuck_grace : r.deadline);
  }
  bool returned = false;
  while (blocked() && now >= waiting_.front().since + settings_.prefetch_return) {
    auto& o = waiting_.front().order;
    end(o.job, o.fence, {.kind = outcome_kind::returned});
    waiting_.pop_front();
    returned = true;
  }
  if (blocked())
    next = std::min(next, waiting_.front().since + settings_.prefetch_return);
  bool has_news = false;
  const auto look_at = [&](clock::time_point due) {
    has_news = has_news || now >= due;
    next = std::min(next, std::max(due, now + start_report_delay)); // again, if the report is late
  };
  for (const auto& [fence, c] : checkpoints_)
    if (c.fresh)
      look_at(c.due);
  for (const auto& [fence, r] : running_)
    if (r.log_waits)
      look_at(r.log_due);
  if (returned || has_news || start_unreported_ || !ended_.empty())
    tell();
  return next;
}

bool slot_pool::blocked() const {
  return !waiting_.empty() && running_.size() >= slots_;
}

void slot_pool::watch_waiting() {
  if (blocked())
    watch_by(waiting_.front().since + settings_.prefetch_return);
}

void slot_pool::watch_by(clock::time_point t) {
  if (t < next_watch_) {
    next_watch_ = t;
    watch_.notify_one();
  }
}

void slot_pool::end(uint64_t job, uint64_t fence, attempt_outcome o) {
  ended_.push_back(to_wire(job_id{job}, fence_token{fence}, std::move(o)));
}

void slot_pool::tell() {
  if (!std::exchange(told_, true))
    notify_();
}

bool slot_pool::end_is_due(clock::time_point now, clock::duration ran) {
  if (told_)
    return false;
  if (ended_.size() == 1)
    first_end_ = now;
  told_ = waiting_.empty() || ended_.size() >= report_ends_max || ran >= report_delay_max ||
          now - first_end_ >= report_delay_max;
  if (!told_)
    watch_by(first_end_ + start_report_delay);
  return told_;
}

void slot_pool::set_checkpoint(uint64_t job, uint64_t fence, std::string_view text) {
  std::lock_guard lock{mutex_};
  auto& c = checkpoints_[fence];
  c.job = job;
  c.text = text;
  c.fresh = true;
  watch_by(std::max(c.due, clock::now() + start_report_delay));
}

void slot_pool::report_log(uint64_t fence) {
  std::lock_guard lock{mutex_};
  const auto i = running_.find(fence);
  if (i == running_.end())
    return;
  i->second.log_waits = true;
  watch_by(std::max(i->second.log_due, clock::now() + start_report_delay));
}

void slot_pool::set_progress(uint64_t job, uint64_t fence, int percent, std::string_view message) {
  std::lock_guard lock{mutex_};
  progress_[fence] = {job, fence, static_cast<uint8_t>(std::clamp(percent, 0, 100)), std::string{message}};
  // It travels with the next report; the watch sends one soon if nothing else does.
  if (!std::exchange(start_unreported_, true))
    watch_by(clock::now() + start_report_delay);
}

} // namespace callboard
