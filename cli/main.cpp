#include "cli/process.hpp"
#include "cli/program.hpp"
#include "handlers/registry.hpp"

#include <poll.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <iostream>

/// Read by jemalloc at its start (jemalloc(3), TUNING); the variable MALLOC_CONF goes before it. Huge pages: threads
/// that take turns on few cores lose their address translations each time, and find them sooner. Few arenas: each keeps
/// huge pages of its own. Its own threads: else memory that is free goes back only while there is work.
extern "C" [[gnu::visibility("default")]] const char* const malloc_conf;
const char* const malloc_conf = "thp:always,narenas:4,background_thread:true";

namespace {

/// The path under which this program can be started again, whatever it was called as.
std::string own_path(const char* called_as) {
  std::error_code unknown;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return unknown ? std::string{called_as} : path.string();
}

} // namespace

int main(int argc, char** argv) {
  using namespace callboard;
  try {
    std::ios::sync_with_stdio(false);
    program_context context{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .environment = whole_environment(),
      .terminal = ::isatty(STDOUT_FILENO) == 1,
      .executable = own_path(argv[0]),
      .now = [] { return std::chrono::floor<duration>(std::chrono::system_clock::now()); },
      // A wait for nothing but time; a signal cuts it short.
      .pause =
        [](duration d) {
          ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(d).count()));
        },
      .serve = run_serve,
      .worker =
        [](const worker_options& o) {
          return run_worker(o, [](const settings& s, std::shared_ptr<job_cgroups> groups) {
            return std::make_shared<const handler_registry>(make_builtin_handlers(s.handlers, std::move(groups)));
          });
        },
      .cert = run_cert,
    };
    const int code = run_program({argv + 1, argv + argc}, context);
    std::cout.flush();
    return code;
  } catch (const std::exception& e) {
    std::cerr << "callboard: " << e.what() << '\n';
    return 4;
  }
}
