#include "actors/runtime/log.hpp"

#include "core/base/json_string.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <string>

namespace callboard {

spdlog::logger& log() {
  static const auto logger = [] {
    auto l = spdlog::stderr_color_mt("callboard");
    l->flush_on(spdlog::level::trace);
    return l;
  }();
  return *logger;
}

namespace {

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

std::unique_ptr<spdlog::formatter> json_log_form() {
  auto form = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  form->add_flag<json_message>('*').set_pattern(
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"message":%*})");
  return form;
}

void init_log(const log_settings& s) {
  log().set_level(s.level == "warn"    ? spdlog::level::warn
                  : s.level == "error" ? spdlog::level::err
                                       : spdlog::level::from_str(s.level));
  if (s.json) {
    log().set_formatter(json_log_form());
    return;
  }
  log().set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ [%P] %v", spdlog::pattern_time_type::utc);
}

} // namespace callboard
