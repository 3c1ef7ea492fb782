#include "core/base/real_seconds.hpp"
#include "core/base/seconds_text.hpp"
#include "core/job/job.hpp"
#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"
#include "handlers/exec/checkpoint_file.hpp"
#include "handlers/exec/child_watch.hpp"
#include "handlers/exec/reservation_guard.hpp"
#include "handlers/failure.hpp"
#include "handlers/signal_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A program that fails with this share of its memory limit in use most likely failed because of it.
constexpr double memory_share_suspect = 0.75;

/// Attempts that look at their processes at about the same time share one look at all of the machine.
constexpr std::chrono::milliseconds sessions_age_max{16};

/// Where a program that is named without a slash is looked for when there is no PATH (confstr(_CS_PATH)).
constexpr const char* path_default = "/usr/local/bin:/usr/bin:/bin";

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

bool is_program(const fs::path& p) {
  std::error_code ignored;
  return fs::is_regular_file(p, ignored) && ::access(p.c_str(), X_OK) == 0;
}

/// The path of the program, its directory without links; the file's own name stays, because some programs are many.
fs::path canonical_program(const fs::path& p) {
  std::error_code code;
  const auto directory = fs::canonical(p.parent_path(), code);
  return code ? p : directory / p.filename();
}

fs::path find_program(const std::string& name, const std::string& search_path, const std::string& directory) {
  if (name.find('/') != std::string::npos) {
    if (name.front() == '/')
      return name;
    return (directory.empty() ? fs::current_path() : fs::path{directory}) / name;
  }
  for (size_t at = 0; at <= search_path.size();) {
    const auto colon = std::min(search_path.find(':', at), search_path.size());
    const auto candidate = fs::path{search_path.substr(at, colon - at)} / name;
    // A relative entry would depend on where the worker was started.
    if (candidate.is_absolute() && is_program(candidate))
      return candidate;
    at = colon + 1;
  }
  return {};
}

class exec final : public builtin_handler {
public:
  exec(exec_settings s, duration kill_grace, std::shared_ptr<job_cgroups> groups)
    : builtin_handler(exec_type), settings_(std::move(s)), kill_grace_(kill_grace), groups_(std::move(groups)) {
    for (const auto& p : settings_.allowed_programs)
      allowed_.push_back(canonical_program(p));
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return run_guarded(ctx, [&] { return execute(a, ctx); });
  }

private:
  output_lines::taker log_output(handler_context& ctx) const {
    if (!settings_.log_output)
      return nullptr;
    return [&ctx](std::string_view line) { ctx.log(line); };
  }
  attempt_outcome execute(const attempt& a, handler_context& ctx) {
    if (!settings_.enabled)
      give_up("EXEC_DISABLED", "this worker runs no programs (handlers.exec.enabled)");
    if (must_stop(ctx))
      throw attempt_stopped{};
    const auto p = json::parse(a.payload);
    const auto checkpoint = make_checkpoint_file(a, ctx);
    auto order = make_order(p, a, checkpoint ? checkpoint->path() : std::string{});
    const auto soft_signal = soft_signal_of(p, a);
    const auto begin = std::chrono::steady_clock::now();
    reservation_guard guard{a, groups_, sessions_, ctx};
    order.cgroup = guard.cgroup();
    // They are settled by the time that the first program is started, and it takes a call for each signal to know.
    std::call_once(ignored_known_, [this] { ignored_signals_ = ignored_signals(); });
    order.ignored_signals = ignored_signals_;
    auto child = start(order, guard);
    const auto pid = child.pid();
    const auto input = p.value("stdin", std::string{});
    const auto bytes_max =
      std::min(settings_.output_bytes_max, p.value(json::json_pointer{"/limits/outputBytes"}, UINT64_MAX));
    child_watch watch{std::move(child), guard, input, bytes_max, kill_grace_, soft_signal, log_output(ctx)};
    const auto end = watch.run(ctx, [&] {
      if (checkpoint)
        checkpoint->look_sometimes(ctx);
    });
    if (checkpoint)
      checkpoint->look(ctx);
    const auto took = std::chrono::steady_clock::now() - begin;

    json result{{"stdout", watch.output.take()},
                {"stderr", watch.errors.take()},
                {"stdoutTruncated", watch.output.truncated()},
                {"stderrTruncated", watch.errors.truncated()},
                {"cpuSeconds", real_seconds(duration{guard.usage().cpu_us})},
                {"durationMs", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()},
                {"pid", pid}};
    if (guard.usage().peak_memory_bytes != 0)
      result["peakMemoryBytes"] = guard.usage().peak_memory_bytes;
    if (end.signal == 0)
      result["exitCode"] = end.exit_code;
    else
      result["signal"] = signal_text(end.signal);
    const bool by_soft_signal = watch.was_told_softly() && end.signal == soft_signal && !guard.ran_out_of_memory();
    auto outcome = watch.was_stopped() ? stopped(ctx.token(), to_json_text(result))
                   : by_soft_signal
                     ? stopped_at_soft_timeout(order.arguments.front() + " was ended by " + signal_text(end.signal),
                                               a.soft_timeout, to_json_text(result))
                     : judge(p, a, order, end, guard, to_json_text(result));
    if (watch.was_told_softly() && outcome.kind == outcome_kind::failed_retryable)
      outcome.message += ", after its soft timeout of " + seconds_text(a.soft_timeout) + " s";
    outcome.usage = guard.usage();
    return outcome;
  }

  /// 0: the attempt has no soft timeout.
  static int soft_signal_of(const json& p, const attempt& a) {
    if (a.soft_timeout <= duration{0})
      return 0;
    const auto name = p.value("softTimeoutSignal", std::string{"SIGTERM"});
    const auto number = telling_signal(name);
    if (!number) // a result of another job may have been filled in
      give_up("EXEC_INVALID", "payload.softTimeoutSignal: there is no signal \"" + name + "\" for that");
    return *number;
  }

  /// Null where there is no place for it and nothing is lost: most programs want none.
  std::unique_ptr<checkpoint_file> make_checkpoint_file(const attempt& a, handler_context& ctx) {
    try {
      return std::make_unique<checkpoint_file>(checkpoints_.path() / std::to_string(a.fence.value), a.checkpoint,
                                               a.checkpoint_bytes_max);
    } catch (const std::system_error& e) {
      const auto why = std::string{"the file for the checkpoint cannot be made: "} + e.what();
      if (!a.checkpoint.empty())
        try_again("EXEC_START", why);
      ctx.log(why);
      return nullptr;
    }
  }

  static child_process start(const child_order& order, const reservation_guard& guard) {
    child_process child;
    std::optional<child_process::start_failure> failure;
    std::string why;
    try {
      failure = child_process::start(order, child);
      if (!failure)
        return child;
    } catch (const std::system_error& e) {
      why = e.what();
    }
    if (guard.has_no_memory_to_start())
      try_again(std::string{job_error_code::out_of_memory},
                order.program + " cannot be started in the memory that the job reserved (resources.memory)");
    if (failure)
      explain(*failure, order);
    try_again("EXEC_START", order.program + " cannot be started: " + why);
  }

  child_order make_order(const json& p, const attempt& a, const std::string& checkpoint) const {
    child_order o;
    std::map<std::string, std::string> environment{{"PATH", from_environment("PATH", path_default)},
                                                   {"HOME", from_environment("HOME", "/")},
                                                   {"LANG", from_environment("LANG", "C.UTF-8")}};
    const auto given = p.value("env", json::object());
    for (const auto& [name, value] : given.items()) {
      if (name.empty() || name.find('=') != std::string::npos || has_zero(name) || has_zero(value.get<std::string>()))
        give_up("EXEC_INVALID", "payload.env: a name is not empty and has no \"=\", and no zero byte is allowed");
      environment[name] = value.get<std::string>();
    }
    environment["CALLBOARD_JOB_ID"] = to_string(a.id);
    environment["CALLBOARD_FENCE"] = std::to_string(a.fence.value);
    environment["CALLBOARD_ATTEMPT"] = std::to_string(a.number);
    // The convention of OpenTelemetry for processes.
    if (!a.traceparent.empty())
      environment.emplace("TRACEPARENT", a.traceparent);
    if (!a.tracestate.empty())
      environment.emplace("TRACESTATE", a.tracestate);
    environment.erase("CALLBOARD_CHECKPOINT");
    if (!checkpoint.empty())
      environment["CALLBOARD_CHECKPOINT"] = checkpoint;
    for (const auto& [name, value] : environment)
      o.environment.push_back(name + "=" + value);
    o.arguments = p.at("argv").get<std::vector<std::string>>();
    o.directory = p.value("cwd", std::string{});
    if (std::any_of(o.arguments.begin(), o.arguments.end(), has_zero) || has_zero(o.directory))
      give_up("EXEC_INVALID", "payload.argv and payload.cwd must not have a zero byte");
    o.program = permitted_program(o.arguments.front(), environment["PATH"], o.directory);
    o.wants_input = !p.value("stdin", std::string{}).empty();
    const auto limits = p.value("limits", json::object());
    o.cpu_seconds = limits.value("cpuSeconds", uint64_t{0});
    o.address_space_bytes = limits.value("memoryBytes", uint64_t{0});
    o.open_files = limits.value("openFiles", uint64_t{0});
    return o;
  }

  static bool has_zero(const std::string& s) {
    return s.find('\0') != std::string::npos;
  }

  std::string permitted_program(const std::string& name, const std::string& search_path,
                                const std::string& directory) const {
    const auto found = find_program(name, search_path, directory);
    if (found.empty())
      give_up("EXEC_NOT_FOUND", "payload.argv[0]: no program \"" + name + "\" in " + search_path);
    if (allowed_.empty())
      return found.string();
    const auto program = canonical_program(found);
    if (std::find(allowed_.begin(), allowed_.end(), program) == allowed_.end())
      give_up("EXEC_NOT_ALLOWED",
              "payload.argv[0]: " + program.string() + " is not one of handlers.exec.allowed_programs");
    // What was checked is what runs.
    return program.string();
  }

  [[noreturn]] static void explain(const child_process::start_failure& f, const child_order& o) {
    const auto why = std::generic_category().message(f.code);
    switch (f.at) {
    case start_step::working_directory:
      give_up("EXEC_DIRECTORY", "payload.cwd \"" + o.directory + "\": " + why);
    case start_step::program:
      if (f.code == ENOENT || f.code == EACCES || f.code == ENOEXEC || f.code == ENOTDIR || f.code == ELOOP)
        give_up("EXEC_NOT_FOUND", "payload.argv[0]: " + o.program + " cannot be run: " + why);
      if (f.code == E2BIG)
        give_up("EXEC_INVALID", "payload.argv and payload.env are too large: " + why);
      [[fallthrough]];
    case start_step::group:
    case start_step::none:
    case start_step::other:
      try_again("EXEC_START", o.program + " cannot be started: " + why);
    }
    try_again("EXEC_START", o.program + " cannot be started");
  }

  static attempt_outcome judge(const json& p, const attempt& a, const child_order& o, const child_end& end,
                               const reservation_guard& guard, std::string result) {
    const auto& name = o.arguments.front();
    const auto ok = p.value("okExitCodes", std::vector<int>{0});
    if (end.signal == 0 && std::find(ok.begin(), ok.end(), end.exit_code) != ok.end())
      return succeed(std::move(result));
    const auto peak = guard.usage().peak_memory_bytes;
    if (guard.ran_out_of_memory())
      return fail(std::string{job_error_code::out_of_memory},
                  name + " needs more memory than the job reserved: it used " + std::to_string(peak) + " of " +
                    std::to_string(a.memory_bytes) + " bytes (resources.memory)",
                  std::move(result));
    if (o.cpu_seconds != 0 &&
        (end.signal == SIGXCPU ||
         (end.signal == SIGKILL && real_seconds(duration{guard.usage().cpu_us}) >= static_cast<double>(o.cpu_seconds))))
      return fail("EXEC_CPU_LIMIT", name + " used up its " + std::to_string(o.cpu_seconds) + " s of CPU time",
                  std::move(result));
    auto what = name + (end.signal == 0 ? " ended with exit code " + std::to_string(end.exit_code)
                                        : " was ended by " + signal_text(end.signal));
    std::string code = end.signal == 0 ? "EXIT_STATUS" : "EXIT_SIGNAL";
    if (o.address_space_bytes != 0) {
      what += "; it used up to " + std::to_string(peak) + " bytes of memory, its limit is " +
              std::to_string(o.address_space_bytes) + " bytes of address space";
      if (static_cast<double>(peak) >= memory_share_suspect * static_cast<double>(o.address_space_bytes))
        code = "EXEC_MEMORY_LIMIT";
    }
    return fail(std::move(code), what, std::move(result));
  }

  const exec_settings settings_;
  const duration kill_grace_;
  const std::shared_ptr<job_cgroups> groups_;
  checkpoint_directory checkpoints_;
  process_sessions sessions_{sessions_age_max};
  std::vector<fs::path> allowed_;
  std::once_flag ignored_known_;
  uint64_t ignored_signals_ = 0;
};

} // namespace

std::shared_ptr<handler> make_exec(const exec_settings& exec_section, duration kill_grace,
                                   std::shared_ptr<job_cgroups> groups) {
  return std::make_shared<exec>(exec_section, kill_grace, std::move(groups));
}

} // namespace callboard
