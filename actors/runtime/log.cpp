#include "actors/runtime/log.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <iterator>

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

/// The message as the inside of a JSON string.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& m, const std::tm&, spdlog::memory_buf_t& out) override {
    for (char c : m.payload) {
      if (c == '"' || c == '\\') {
        out.push_back('\\');
        out.push_back(c);
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out.push_back(c);
      }
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

} // namespace

void init_log(const log_settings& s) {
  log().set_level(s.level == "warn"    ? spdlog::level::warn
                  : s.level == "error" ? spdlog::level::err
                                       : spdlog::level::from_str(s.level));
  if (s.json) {
    auto form = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    form->add_flag<json_message>('*').set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"message":"%*"})");
    log().set_formatter(std::move(form));
    return;
  }
  log().set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ [%P] %v", spdlog::pattern_time_type::utc);
}

} // namespace callboard
