#include "actors/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace callboard {

spdlog::logger& log() {
  static const auto logger = [] {
    auto l = spdlog::stderr_color_mt("callboard");
    l->flush_on(spdlog::level::trace);
    return l;
  }();
  return *logger;
}

void init_log(const log_settings& s) {
  log().set_level(s.level == "warn" ? spdlog::level::warn
                  : s.level == "error" ? spdlog::level::err
                                       : spdlog::level::from_str(s.level));
  if (s.json)
    log().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"message":"%v"})",
                      spdlog::pattern_time_type::utc);
  else
    log().set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ [%P] %v", spdlog::pattern_time_type::utc);
}

} // namespace callboard
