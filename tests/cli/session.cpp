#include "tests/cli/session.hpp"

#include <sstream>

namespace callboard::test {

run_result session::run(const std::vector<std::string>& arguments) const {
  run_result r;
  std::istringstream in{input};
  std::ostringstream out, err;
  program_context context{
    .in = in,
    .out = out,
    .err = err,
    .environment = environment,
    .terminal = terminal,
    .executable = "/opt/callboard",
    .now = [] { return time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + std::chrono::hours{12}}; },
    .pause =
      [&](duration d) {
        r.pauses.push_back(d);
        if (on_pause)
          on_pause();
      },
    .serve =
      [&](const serve_options& o) {
        r.served = o;
        return 0;
      },
    .worker =
      [&](const worker_options& o) {
        r.worked = o;
        return 0;
      },
    .cert =
      [&](const cert_options& o, program_context&) {
        r.certified = o;
        return 0;
      },
  };
  r.code = run_program(arguments, context);
  r.out = out.str();
  r.err = err.str();
  return r;
}

run_result run_at(const std::string& url, const std::vector<std::string>& arguments, session s) {
  s.environment.emplace("CALLBOARD_SERVER", url);
  return s.run(arguments);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

} // namespace callboard::test
