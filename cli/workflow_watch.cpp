#include "cli/workflow_watch.hpp"

#include "cli/exit_code.hpp"
#include "cli/job_print.hpp"
#include "cli/look_again.hpp"
#include "cli/stream_wait.hpp"
#include "cli/workflow_print.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>
#include <utility>

namespace callboard {

namespace {

/// Between two looks while its events come.
constexpr duration look_after_event = std::chrono::milliseconds{100};

bool is_over(const std::string& state) {
  return state == "completed" || state == "failed" || state == "cancelled";
}

/// Follows a workflow until it has ended.
class workflow_follower {
public:
  workflow_follower(program_context& context, scheduler_client& client, std::string id, const workflow_watch_options& o)
    : context_(context), client_(client), colours_(context), id_(std::move(id)), again_(context, client, o.reconnect),
      json_(o.json), live_line_(context.terminal && !o.json) {
  }

  int run() {
    while (true) {
      if (look())
        again_.hurry();
      if (is_over(state_))
        return state_ == "completed" ? exit_ok : exit_job_failed;
      if (!again_.is_away() && follow())
        continue;
      again_.pause();
    }
  }

private:
  /// Looks whenever something is told of a job of it, but not more often than it is looked at without. True: it is
  /// over.
  bool follow() {
    stream_.wait(client_, "workflow=" + url_escaped(id_), [&] {
      look();
      if (again_.is_away() || is_over(state_))
        return false;
      context_.pause(look_after_event);
      return true;
    });
    return is_over(state_);
  }

  /// True: there is something new.
  bool look() {
    std::optional<std::string> found;
    try {
      found = again_.ask([&] { return client_.text("GET", workflow_target(id_)); });
    } catch (const command_failure&) {
      end_live_line();
      throw;
    }
    if (!found)
      return false;
    const auto& body = *found;
    const auto w = parse_answer(body);
    state_ = member_text(w, "state");
    auto line = json_ ? body : state_ + "  " + workflow_progress_text(w);
    const bool is_new = line != last_;
    if (is_new) {
      last_ = std::move(line);
      show();
    }
    if (is_over(state_))
      end_live_line();
    return is_new;
  }
  void show() {
    if (json_)
      context_.out << last_ << '\n' << std::flush;
    else if (live_line_)
      context_.out << '\r' << id_ << "  " << colours_.painted(state_, printable(last_)) << "\033[K" << std::flush;
    else
      context_.out << id_ << "  " << printable(last_) << '\n' << std::flush;
    live_line_open_ = live_line_;
  }
  void end_live_line() {
    if (std::exchange(live_line_open_, false))
      context_.out << '\n';
  }

  program_context& context_;
  scheduler_client& client_;
  stream_wait stream_;
  palette colours_;
  std::string id_, state_, last_;
  look_again again_;
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
