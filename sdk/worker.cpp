#include "sdk/callboard/worker.hpp"

#include "actors/runtime/log.hpp"
#include "cli/exit_code.hpp"
#include "cli/process.hpp"
#include "cli/version.hpp"
#include "cli/worker_flags.hpp"
#include "core/base/name.hpp"
#include "core/job/result_cache.hpp"
#include "handlers/isolated.hpp"
#include "handlers/registry.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include "job_types/payload_validator.hpp"
#include "job_types/type_catalog.hpp"
#include "sdk/job_source.hpp"

namespace callboard::sdk {

namespace {

/// A job type of the program.
class own_type final : public handler {
public:
  own_type(std::string type, type_options options, handler_function run)
    : type_(std::move(type)), options_(std::move(options)), run_(std::move(run)) {
  }
  std::string_view type() const override {
    return type_;
  }
  std::string_view summary() const override {
    return options_.summary;
  }
  std::string_view version() const override {
    return options_.version;
  }
  duration cache_for() const override {
    return options_.cache_for;
  }
  std::string_view schema() const override {
    return options_.schema;
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return call_handler(run_, a, ctx);
  }
  bool is_isolated() const {
    return options_.isolation == isolation::process;
  }

private:
  const std::string type_;
  const type_options options_;
  const handler_function run_;
};

/// A worker that cannot isolate any more ends as by a crash, which its guardian and its scheduler know how to mend.
void give_up_without_fork_server() {
  log().critical("the process that forks isolated attempts has ended: this worker gives up");
  std::abort();
}

/// For `run_once`: nobody listens.
class deaf_context final : public handler_context {
public:
  explicit deaf_context(std::string& checkpoint) : checkpoint_(checkpoint) {
  }
  const cancel_token& token() const override {
    return token_;
  }
  std::chrono::steady_clock::time_point deadline() const override {
    return std::chrono::steady_clock::time_point::max();
  }
  callboard::fence_token fence() const override {
    return callboard::fence_token{1};
  }
  void progress(int, std::string_view) override {
  }
  void save_checkpoint(std::string_view text) override {
    checkpoint_ = text;
  }
  void log(std::string_view) override {
  }

private:
  std::string& checkpoint_;
  cancel_token token_;
};

void warn_of_threads() {
  std::error_code ignored;
  const auto threads = std::distance(std::filesystem::directory_iterator{"/proc/self/task", ignored},
                                     std::filesystem::directory_iterator{});
  if (threads > 1)
    log().warn("worker::run was called with {} threads: those that main started are not there in the process that does "
               "the work; start them in on_start",
               threads);
}

} // namespace

class worker::impl {
public:
  explicit impl(std::string_view name_and_version) {
    const auto blank = name_and_version.rfind(' ');
    name = name_and_version.substr(0, blank);
    version = blank == std::string_view::npos ? "1" : name_and_version.substr(blank + 1);
  }

  void add(std::string type, type_options options, handler_function run) {
    if (!is_name(name_kind::job_type, type))
      throw std::invalid_argument(name_rule(name_kind::job_type) + ", not \"" + type + "\"");
    if (!run)
      throw std::invalid_argument("the job type " + type + " has no handler");
    if (payloads.knows(type))
      throw std::invalid_argument("two handlers for the job type " + type);
    if (options.cache_for != std::chrono::seconds{0} &&
        (options.cache_for < std::chrono::duration_cast<std::chrono::seconds>(cache_for_min) ||
         options.cache_for > std::chrono::duration_cast<std::chrono::seconds>(cache_for_max)))
      throw std::invalid_argument("the results of the job type " + type +
                                  " may be used again for 1 s to 366 days (cache_for), or 0 for not at all");
    if (options.version.empty())
      options.version = version;
    if (options.version.size() > type_version_bytes_max || options.summary.size() > type_summary_bytes_max)
      throw std::invalid_argument("the job type " + type + ": its version has at most " +
                                  std::to_string(type_version_bytes_max) + " bytes, its summary " +
                                  std::to_string(type_summary_bytes_max));
    if (auto ok = payloads.set(type, options.schema); !ok)
      throw std::invalid_argument("the schema of the job type " + type + ": " + ok.err().message);
    types.push_back(std::make_shared<own_type>(std::move(type), std::move(options), std::move(run)));
  }

  std::shared_ptr<const handler_registry> make_handlers(const settings& s, std::shared_ptr<job_cgroups> groups) const {
    auto all = with_builtin ? make_builtin_handlers(s.handlers, std::move(groups)) : handler_registry{};
    // The server is forked with the handlers themselves, before they are wrapped and before the first thread.
    auto isolated = std::make_shared<handler_registry>();
    for (const auto& t : types)
      if (t->is_isolated())
        isolated->add(t);
    std::shared_ptr<fork_server> server;
    if (!isolated->all().empty())
      server = std::make_shared<fork_server>(
        [isolated](descriptor channel) { run_isolated_attempt(std::move(channel), *isolated); },
        give_up_without_fork_server);
    for (const auto& t : types)
      all.add(t->is_isolated() ? make_isolated(t, server, s.handlers.kill_grace) : std::shared_ptr<handler>{t});
    if (start)
      start();
    return std::make_shared<const handler_registry>(std::move(all));
  }

  std::string help_footer() const {
    std::string out = "Job types:";
    for (const auto& t : types)
      out += "\n  " + std::string{t->type()} + " " + std::string{t->version()} +
             (t->summary().empty() ? "" : ": " + std::string{t->summary()});
    return out + (with_builtin ? "\n  and those of callboard itself" : "");
  }

  std::string name, version;
  std::vector<std::shared_ptr<own_type>> types;
  payload_validator payloads;
  bool with_builtin = false;
  std::function<void()> start;
};

worker::worker(std::string_view name_and_version) : impl_(std::make_unique<impl>(name_and_version)) {
}
worker::~worker() = default;

worker& worker::on(std::string type, type_options options, handler_function run) {
  impl_->add(std::move(type), std::move(options), std::move(run));
  return *this;
}

worker& worker::on(std::string type, handler_function run) {
  return on(std::move(type), {}, std::move(run));
}

worker& worker::with_builtin_types() {
  impl_->with_builtin = true;
  return *this;
}

worker& worker::on_start(std::function<void()> start) {
  impl_->start = std::move(start);
  return *this;
}

int worker::run(int argc, const char* const* argv) {
  try {
    const std::vector<std::string> all{argv + std::min(argc, 1), argv + argc};
    const auto word = std::find(all.begin(), all.end(), "worker");
    const std::vector<std::string> arguments{word == all.end() ? all.begin() : word + 1, all.end()};

    CLI::App app{impl_->name + ": a worker of Callboard", argc > 0 ? argv[0] : impl_->name};
    app.set_version_flag("--version",
                         impl_->name + " " + impl_->version + " (callboard " + std::string{callboard::version()} + ")");
    app.get_formatter()->column_width(34);
    app.footer(impl_->help_footer());
    worker_flags flags;
    add_worker_flags(app, flags);
    try {
      // The parser takes its arguments from the end.
      app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    } catch (const CLI::ParseError& e) {
      return app.exit(e) == 0 ? exit_ok : exit_usage;
    }
    const auto options = read_worker_flags(flags, whole_environment());
    if (impl_->types.empty() && !impl_->with_builtin)
      throw command_failure{exit_usage, "it has no job types"};
    warn_of_threads();
    return run_worker(options, [this](const settings& s, std::shared_ptr<job_cgroups> groups) {
      return impl_->make_handlers(s, std::move(groups));
    });
  } catch (const command_failure& e) {
    std::cerr << impl_->name << ": " << e.what() << '\n';
    return e.code();
  } catch (const std::exception& e) {
    std::cerr << impl_->name << ": " << e.what() << '\n';
    return EXIT_FAILURE;
  }
}

outcome worker::run_once(std::string_view type, std::string_view payload) {
  std::string none;
  return run_once(type, payload, none);
}

outcome worker::run_once(std::string_view type, std::string_view payload, std::string& checkpoint) {
  return try_once(type, payload, checkpoint, false);
}

outcome worker::run_once_soft_timed_out(std::string_view type, std::string_view payload, std::string& checkpoint) {
  return try_once(type, payload, checkpoint, true);
}

outcome worker::try_once(std::string_view type, std::string_view payload, std::string& checkpoint,
                         bool soft_timed_out) {
  const auto found =
    std::find_if(impl_->types.begin(), impl_->types.end(), [type](const auto& t) { return t->type() == type; });
  if (found == impl_->types.end())
    throw std::invalid_argument("there is no job type " + std::string{type});
  if (auto ok = impl_->payloads.check(type, payload); !ok)
    return permanent_failure("INVALID_PAYLOAD", ok.err().message);
  attempt a{job_id{1}, callboard::fence_token{1}, std::string{type}, payload};
  const std::string former = checkpoint;
  a.checkpoint = former;
  deaf_context ctx{checkpoint};
  if (soft_timed_out)
    ctx.token().tell_soft_timeout();
  try {
    auto o = (*found)->run(a, ctx);
    auto result = std::string{o.result.view()};
    switch (o.kind) {
    case outcome_kind::succeeded:
      return success(std::move(result));
    case outcome_kind::snoozed:
      return snooze(o.snooze, std::move(o.message));
    case outcome_kind::failed_retryable: {
      auto failed = failure(std::move(o.code), std::move(o.message), std::move(result));
      failed.delay = o.retry_after;
      return failed;
    }
    case outcome_kind::failed_final:
      return permanent_failure(std::move(o.code), std::move(o.message), std::move(result));
    case outcome_kind::timed_out:
    case outcome_kind::cancelled:
    case outcome_kind::returned:
      break;
    }
    return stopped(std::move(result));
  } catch (const std::exception& e) {
    return failure("HANDLER_EXCEPTION", e.what());
  }
}

} // namespace callboard::sdk
