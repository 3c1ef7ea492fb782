#include "cli/top/top_source.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// Between two looks, however much happens; also between two attempts to find a scheduler that has gone.
constexpr std::chrono::milliseconds look_every_min{500};
/// Between two looks when no event comes: run times and ages change by themselves, and events may be refused.
constexpr std::chrono::seconds look_every_max{2};

} // namespace

top_source::top_source(program_context& context, const client_flags& flags, std::function<void()> notify)
  : context_(context), notify_(std::move(notify)), events_(context, flags), client_(context, flags),
    health_(server_of(context, flags), duration_flag("--request-timeout", flags.timeout)), asking_([this] { ask(); }),
    listening_([this] { listen(); }) {
}

top_source::~top_source() {
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  wake_.notify_all();
  events_.stop();
  client_.stop();
  health_.stop();
  asking_.join();
  listening_.join();
}

std::vector<top_news> top_source::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(news_, {});
}

void top_source::act(const top_act& wanted) {
  {
    const std::lock_guard lock{mutex_};
    acts_.push_back(wanted);
  }
  wake_.notify_all();
}

void top_source::list(job_view view) {
  {
    const std::lock_guard lock{mutex_};
    view_ = view;
    changed_ = true;
  }
  wake_.notify_all();
}

void top_source::tell(top_news news) {
  {
    const std::lock_guard lock{mutex_};
    news_.push_back(std::move(news));
  }
  notify_();
}

void top_source::ask() {
  client_.fail_while_starting();
  auto last = std::chrono::steady_clock::time_point{};
  std::unique_lock lock{mutex_};
  while (!over_) {
    if (!acts_.empty()) {
      const auto act = acts_.front();
      acts_.erase(acts_.begin());
      lock.unlock();
      tell(perform_act(client_, act, context_));
      lock.lock();
      changed_ = true;
      continue;
    }
    const auto earliest = last + look_every_min, latest = last + look_every_max;
    const auto now = std::chrono::steady_clock::now();
    if (now >= latest || (changed_ && now >= earliest)) {
      changed_ = false;
      last = now;
      const auto view = view_;
      lock.unlock();
      auto news = look_at_server(client_, health_, view, context_);
      lock.lock();
      // A list of other jobs than are wanted by now would flicker.
      if (view != view_)
        continue;
      std::move(news.begin(), news.end(), std::back_inserter(news_));
      lock.unlock();
      notify_();
      lock.lock();
      continue;
    }
    wake_.wait_until(lock, changed_ ? earliest : latest);
  }
}

void top_source::listen() {
  std::unique_lock lock{mutex_};
  while (!over_) {
    lock.unlock();
    events_.follow("/api/events", {}, [this](std::string_view) {
      const std::lock_guard inside{mutex_};
      changed_ = true;
      wake_.notify_all();
      return !over_;
    });
    lock.lock();
    // The stream broke or was refused; until it is there again the looks go on by time.
    wake_.wait_for(lock, look_every_max, [this] { return over_; });
  }
}

} // namespace callboard
