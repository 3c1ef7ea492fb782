#include "tracing/trace_exporter.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace callboard {

namespace {

steady_point steady_now() {
  return steady_point{std::chrono::floor<duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

} // namespace

struct trace_exporter::shared_state {
  explicit shared_state(size_t m) : most(m) {
  }
  void add(std::vector<trace_span>&& more) {
    const std::lock_guard lock{mutex};
    const auto room = most - std::min(most, spans.size());
    const auto taken = std::min(room, more.size());
    std::move(more.begin(), more.begin() + static_cast<ptrdiff_t>(taken), std::back_inserter(spans));
    figures.dropped += more.size() - taken;
  }

  const size_t most;
  mutable std::mutex mutex;
  std::condition_variable bell;
  std::deque<trace_span> spans;
  trace_figures figures;
  size_t looking_up = 0;
  bool over = false;
};

trace_exporter::trace_exporter(const tracing_settings& s, span_origin from, surroundings around)
  : settings_(s), from_(std::move(from)), around_(std::move(around)),
    state_(std::make_shared<shared_state>(s.queue_max)) {
}

trace_exporter::~trace_exporter() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->over = true;
  }
  state_->bell.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void trace_exporter::start() {
  thread_ = std::thread{[this] { run(); }};
}

void trace_exporter::add(std::vector<trace_span>&& spans) {
  state_->add(std::move(spans));
}

trace_figures trace_exporter::figures() const {
  const std::lock_guard lock{state_->mutex};
  auto f = state_->figures;
  f.waiting = state_->spans.size();
  return f;
}

void trace_exporter::run() {
  bool over = false;
  while (!over) {
    {
      std::unique_lock lock{state_->mutex};
      state_->bell.wait_for(lock, settings_.export_every, [&] { return state_->over; });
      over = state_->over;
    }
    for (const auto id : around_.ended())
      ended_.push_back(id);
    look_up_some();
    send_some(over);
  }
}

/// Those that have ended wait their turn, and are bounded by the room for their spans.
void trace_exporter::look_up_some() {
  const auto steps_until = steady_now() + settings_.export_every;
  for (;;) {
    std::vector<job_id> now;
    {
      std::unique_lock lock{state_->mutex};
      if (ended_.size() > state_->most) {
        const auto extra = ended_.size() - state_->most;
        ended_.erase(ended_.begin(), ended_.begin() + static_cast<ptrdiff_t>(extra));
        state_->figures.dropped += extra;
      }
      while (!ended_.empty() && state_->looking_up < look_ups_max) {
        now.push_back(ended_.front());
        ended_.pop_front();
        ++state_->looking_up;
      }
    }
    for (const auto id : now)
      around_.look_up(id, [state = state_, percent = settings_.percent()](const job_ptr& job) {
        auto spans = job ? spans_of_job(*job, percent) : std::vector<trace_span>{};
        if (!job) {
          const std::lock_guard lock{state->mutex};
          ++state->figures.dropped;
        }
        state->add(std::move(spans));
        const std::lock_guard lock{state->mutex};
        --state->looking_up;
        state->bell.notify_all();
      });
    std::unique_lock lock{state_->mutex};
    if (ended_.empty() && state_->looking_up == 0)
      return;
    const auto left = steps_until - steady_now();
    if (left <= duration{0} || state_->over)
      return;
    state_->bell.wait_for(lock, left, [&] { return state_->over || state_->looking_up < look_ups_max / 2; });
    if (ended_.empty())
      return; // what is still looked up is sent the next time
  }
}

void trace_exporter::send_some(bool all) {
  const auto until = steady_now() + settings_.timeout;
  while ((all || steady_now() >= not_before_) && send_batch())
    if (all && steady_now() > until)
      return;
}

/// False: there is no more to send, or not now.
bool trace_exporter::send_batch() {
  std::vector<trace_span> batch;
  {
    const std::lock_guard lock{state_->mutex};
    auto& spans = state_->spans;
    const auto n = std::min<size_t>(spans.size(), settings_.batch_max);
    if (n == 0)
      return false;
    const auto end = spans.begin() + static_cast<ptrdiff_t>(n);
    std::move(spans.begin(), end, std::back_inserter(batch));
    spans.erase(spans.begin(), end);
  }
  const auto answer = around_.send(otlp_text(from_, batch));
  using fate = export_answer::fate;
  if (answer.what == fate::taken) {
    pause_ = duration{0};
    if (std::exchange(told_, false))
      around_.warn("spans are exported again");
    const std::lock_guard lock{state_->mutex};
    state_->figures.exported += batch.size();
    return true;
  }
  if (!std::exchange(told_, true))
    around_.warn("spans cannot be exported (tracing.endpoint): " + answer.reason);
  const std::lock_guard lock{state_->mutex};
  ++state_->figures.failed_requests;
  if (answer.what == fate::refused) {
    state_->figures.dropped += batch.size();
    return true;
  }
  pause_ = std::min(pause_max, std::max<duration>(settings_.export_every, 2 * pause_));
  not_before_ = steady_now() + std::max(pause_, answer.not_before.value_or(duration{0}));
  // They come first again; what came meanwhile and has no room is dropped.
  auto& spans = state_->spans;
  spans.insert(spans.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
  const auto extra = spans.size() - std::min(spans.size(), state_->most);
  spans.erase(spans.end() - static_cast<ptrdiff_t>(extra), spans.end());
  state_->figures.dropped += extra;
  return false;
}

} // namespace callboard
