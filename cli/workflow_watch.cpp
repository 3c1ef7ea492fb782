#include "cli/workflow_watch.hpp"

#include "cli/exit_code.hpp"
#include "cli/job_print.hpp"
#include "cli/stream_wait.hpp"
#include "cli/workflow_print.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace callboard {

namespace {

/// Waits between two looks at a workflow.
constexpr duration look_every_min = std::chrono::milliseconds{100};
constexpr duration look_every_max = std::chrono::seconds{1};

bool is_over(const std::string& state) {
  return state == "completed" || state == "failed" || state == "cancelled";
}

/// Follows a workflow until it has ended.
class workflow_follower {
public:
  workflow_follower(program_context& context, scheduler_client& client, std::string id, const workflow_watch_options& o)
    : context_(context), client_(client), colours_(context), id_(std::move(id)), reconnect_(o.reconnect), json_(o.json),
      live_line_(context.terminal && !o.json) {
  }

  int run() {
    auto wait = look_every_min;
    while (true) {
      const auto state = look(wait);
      if (is_over(state))
        return state == "completed" ? exit_ok : exit_job_failed;
      if (!state.empty() && follow(wait))
        continue;
      context_.pause(wait);
      wait = std::min(wait * 2, look_every_max);
    }
  }

private:
  /// Looks whenever something is told of a job of it, but not more often than it is looked at without. True: it is
  /// over.
  bool follow(duration& wait) {
    std::string state;
    stream_.wait(client_, "workflow=" + url_escaped(id_), [&] {
      state = look(wait);
      if (state.empty() || is_over(state))
        return false;
      context_.pause(look_every_min);
      return true;
    });
    return is_over(state);
  }

  /// The state; empty: the scheduler is away.
  std::string look(duration& wait) {
    std::string body;
    try {
      body = client_.text("GET", workflow_target(id_));
      away_ = duration{0};
    } catch (const command_failure& e) {
      // A scheduler that restarts is not there for a moment, or says that it is busy; the workflow goes on.
      if (e.code() == exit_usage || away_ >= reconnect_) {
        end_live_line();
        throw;
      }
      away_ += wait;
      return {};
    }
    const auto w = parse_answer(body);
    const auto state = member_text(w, "state");
    const auto line = json_ ? body : state + "  " + workflow_progress_text(w);
    if (line == last_)
      return state;
    last_ = line;
    wait = look_every_min;
    if (json_)
      context_.out << line << '\n' << std::flush;
    else if (live_line_)
      context_.out << '\r' << id_ << "  " << colours_.painted(state, printable(line)) << "\033[K" << std::flush;
    else
      context_.out << id_ << "  " << printable(line) << '\n' << std::flush;
    live_line_open_ = live_line_;
    if (is_over(state))
      end_live_line();
    return state;
  }
  void end_live_line() {
    if (std::exchange(live_line_open_, false))
      context_.out << '\n';
  }

  program_context& context_;
  scheduler_client& client_;
  stream_wait stream_;
  palette colours_;
  std::string id_, last_;
  duration reconnect_, away_{0};
  bool json_, live_line_, live_line_open_ = false;
};

} // namespace

std::string workflow_target(const std::string& id, std::string_view rest) {
  if (id.empty())
    throw command_failure{exit_usage, "ID must not be empty"};
  return "/api/workflows/" + url_escaped(id) + std::string{rest};
}

int watch_workflow(program_context& context, scheduler_client& client, const std::string& id,
                   const workflow_watch_options& options) {
  return workflow_follower{context, client, id, options}.run();
}

} // namespace callboard
