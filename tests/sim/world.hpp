#pragma once

#include "core/scheduler/moment.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace callboard::sim {

/// A promise (P1-P8) that was broken. `what` says which, by whom and when.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Something that can die or sleep: events of the dead do not happen, those of a sleeper when it is awake again.
class life {
public:
  struct pulse {
    bool alive = true;
    duration asleep_until{0};
  };

  life() = default;
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  ~life() {
    now_->alive = false;
  }
  void end() {
    now_->alive = false;
    now_ = std::make_shared<pulse>();
  }
  void doze_until(duration t) {
    now_->asleep_until = t;
  }
  std::shared_ptr<const pulse> token() const {
    return now_;
  }

private:
  std::shared_ptr<pulse> now_ = std::make_shared<pulse>();
};

/// True time, the order of events, and chance. Everything that happens in a run happens here, so that a seed and its
/// run are the same thing.
class world {
public:
  explicit world(uint64_t seed) : random_(seed) {
  }

  duration now() const {
    return now_;
  }
  /// `f` happens after `d`, if whoever it is for still lives then.
  void after(duration d, const life& who, const char* what, std::function<void()> f) {
    events_.emplace(std::pair{now_ + std::max(d, duration{0}), ++last_}, event{who.token(), what, std::move(f)});
  }
  /// Happens whoever dies.
  void after(duration d, const char* what, std::function<void()> f) {
    after(d, forever_, what, std::move(f));
  }
  void run_until(duration end);

  // -- chance
  uint64_t below(uint64_t n) {
    return n == 0 ? 0 : random_() % n;
  }
  bool chance(double p) {
    return static_cast<double>(random_() >> 11) * 0x1.0p-53 < p;
  }
  duration between(duration a, duration b) {
    return a + duration{static_cast<int64_t>(below(static_cast<uint64_t>((b - a).count() + 1)))};
  }

  /// A line of the trace, which also goes into its fingerprint.
  void note(const std::string& line);
  uint64_t fingerprint() const {
    return fingerprint_;
  }
  bool trace = false;
  uint64_t events_run = 0;

private:
  struct event {
    std::shared_ptr<const life::pulse> who;
    const char* what;
    std::function<void()> f;
  };
  std::map<std::pair<duration, uint64_t>, event> events_;
  std::mt19937_64 random_;
  duration now_{0};
  uint64_t last_ = 0;
  uint64_t fingerprint_ = 0xcbf29ce484222325ull;
  life forever_;
};

/// The clocks of one machine. The steady one drifts, and stands still while the machine is suspended (CLOCK_MONOTONIC);
/// the boot clock goes on then (CLOCK_BOOTTIME), and the wall clock, which also steps.
class machine {
public:
  explicit machine(world& w, int64_t drift_ppm) : world_(w), drift_ppm_(drift_ppm) {
  }
  steady_point boot() const {
    const auto t = (world_.now() - since_).count();
    return base_ + duration{t + t * drift_ppm_ / 1'000'000};
  }
  steady_point steady() const {
    return boot() - slept_;
  }
  time_point wall() const {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + (boot().time_since_epoch() + step_);
  }
  moment now() const {
    return {wall(), steady()};
  }
  /// How long an alarm of this machine takes in true time.
  duration true_time(duration d) const {
    return duration{d.count() * 1'000'000 / (1'000'000 + drift_ppm_) + 1};
  }
  void step_wall(duration d) {
    step_ += d;
  }
  /// It was suspended, from `asleep` (by its boot clock) until now.
  void woke(steady_point asleep) {
    slept_ += boot() - asleep;
  }
  /// The clocks go on from where they are, at another pace.
  void drift(int64_t ppm) {
    base_ = boot();
    since_ = world_.now();
    drift_ppm_ = ppm;
  }

private:
  world& world_;
  int64_t drift_ppm_;
  steady_point base_{std::chrono::hours{1}};
  duration since_{0};
  duration step_{0};
  duration slept_{0};
};

} // namespace callboard::sim
