#include "actors/runtime/log.hpp"

#include "core/base/json_string.hpp"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace callboard {

namespace {

/// Whether standard error takes a line, or does within `wait_ms`. Of a pipe: it has room for 4 KiB at least.
bool takes_a_line(int wait_ms) {
  pollfd p{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&p, 1, wait_ms) > 0 && (p.revents & POLLOUT) != 0;
}

/// Hands lines on to `to`, except those that would have to wait: they are dropped.
class hasty_sink final : public spdlog::sinks::sink {
public:
  explicit hasty_sink(spdlog::sink_ptr to) : to_(std::move(to)) {
  }
  void log(const spdlog::details::log_msg& m) override {
    if (takes_a_line(0))
      to_->log(m);
    else
      dropped.fetch_add(1, std::memory_order_relaxed);
  }
  void flush() override {
    to_->flush();
  }
  void set_pattern(const std::string& p) override {
    to_->set_pattern(p);
  }
  void set_formatter(std::unique_ptr<spdlog::formatter> f) override {
    to_->set_formatter(std::move(f));
  }
  std::atomic<uint64_t> dropped{0};

private:
  spdlog::sink_ptr to_;
};

/// Standard error, for a thread that may wait for it, and for everybody else.
struct outlets {
  spdlog::sink_ptr patient = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  std::shared_ptr<hasty_sink> hasty = std::make_shared<hasty_sink>(patient);
  spdlog::logger direct{"callboard", hasty};
};
outlets& all() {
  static outlets x;
  return x;
}

/// The queue of a log_writer and its thread. Never destroyed: where nobody reads, the thread writes until the process
/// ends.
auto& queue = *new std::shared_ptr<spdlog::details::thread_pool>;
std::shared_ptr<spdlog::async_logger> queued;
std::atomic<spdlog::logger*> present{nullptr}; ///< null: lines are written directly

/// At the end: nobody reads if nothing was taken for so long.
constexpr int reader_gone_ms = 1000;

/// The message as a JSON string, also when a job's name or a system's message is not UTF-8.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& m, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string text;
    append_json_string(text, {m.payload.data(), m.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

} // namespace

spdlog::logger& log() {
  auto* const l = present.load(std::memory_order_acquire);
  return l ? *l : all().direct;
}

std::unique_ptr<spdlog::formatter> json_log_form() {
  auto form = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  form->add_flag<json_message>('*').set_pattern(
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"message":%*})");
  return form;
}

void init_log(const log_settings& s) {
  all().direct.set_level(s.level == "warn"    ? spdlog::level::warn
                         : s.level == "error" ? spdlog::level::err
                                              : spdlog::level::from_str(s.level));
  std::unique_ptr<spdlog::formatter> form = std::make_unique<spdlog::pattern_formatter>(
    "%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ [%P] %v", spdlog::pattern_time_type::utc);
  if (s.json)
    form = json_log_form();
  all().patient->set_formatter(std::move(form));
}

log_writer::log_writer(const log_settings& s) {
  queue = std::make_shared<spdlog::details::thread_pool>(s.lines_waiting_max, 1);
  queued = std::make_shared<spdlog::async_logger>("callboard", all().patient, queue,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  queued->set_level(all().direct.level());
  present.store(queued.get(), std::memory_order_release);
}

log_writer::~log_writer() {
  if (const auto dropped = log_lines_dropped(); dropped > 0)
    queued->warn("{} lines of the log were dropped: nobody read them (log.lines_waiting_max)", dropped);
  bool reader = takes_a_line(reader_gone_ms);
  while (reader && queue->queue_size() > 0)
    reader = takes_a_line(reader_gone_ms);
  all().hasty->dropped += queue->overrun_counter();
  present.store(nullptr, std::memory_order_release);
  if (reader)
    queue.reset();
}

uint64_t log_lines_dropped() {
  const auto direct = all().hasty->dropped.load(std::memory_order_relaxed);
  return direct + (present.load(std::memory_order_acquire) ? queue->overrun_counter() : 0);
}

void log_last_words(std::string_view line) {
  all().direct.critical("{}", line);
}

} // namespace callboard
