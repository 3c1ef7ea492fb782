#include "cli/watch.hpp"

#include "cli/job_print.hpp"
#include "cli/look_again.hpp"
#include "cli/stream_wait.hpp"
#include "core/job/job.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <ostream>

namespace callboard {

namespace {

struct watched_job {
  std::string id;
  std::string last_line;
  std::optional<job_state> ended;
};

class watcher {
public:
  watcher(program_context& context, scheduler_client& client, const watch_options& options)
    : context_(context), client_(client), options_(options), colours_(context),
      again_(context, client, options.reconnect) {
    for (const auto& id : options.ids)
      jobs_.push_back({id, {}, {}});
    live_line_ = context.terminal && jobs_.size() == 1 && !options.json;
  }

  int run() {
    while (true) {
      if (look_at_all())
        again_.hurry();
      if (std::all_of(jobs_.begin(), jobs_.end(), [](const auto& j) { return j.ended.has_value(); }))
        break;
      if (!again_.is_away() && follow())
        continue;
      again_.pause();
    }
    const bool good =
      std::all_of(jobs_.begin(), jobs_.end(), [](const auto& j) { return *j.ended == job_state::completed; });
    return good ? exit_ok : exit_job_failed;
  }

private:
  /// Looks at a single job whenever something is told of it. True: it is over.
  bool follow() {
    if (jobs_.size() != 1)
      return false;
    auto& job = jobs_.front();
    stream_.wait(client_, "id=" + url_escaped(job.id), [&] {
      look_at(job);
      return !job.ended && !again_.is_away();
    });
    return job.ended.has_value();
  }

  bool look_at_all() {
    bool changed = false;
    bool is_there = true;
    for (auto& j : jobs_)
      if (!j.ended && is_there) {
        changed = look_at(j) || changed;
        is_there = !again_.is_away();
      }
    return changed;
  }

  bool look_at(watched_job& j) {
    std::optional<std::string> found;
    try {
      found = again_.ask([&] { return client_.text("GET", job_target(j.id)); });
    } catch (const command_failure&) {
      end_live_line();
      throw;
    }
    if (!found)
      return false;
    const auto& body = *found;
    const auto job = parse_answer(body);
    const auto status = member_text(job, "status");
    const auto state = parse_job_state(status);
    if (!state)
      throw command_failure{exit_server, "the answer has no status that is known: \"" + printable(status) + "\""};
    if (is_terminal(*state))
      j.ended = *state;
    auto line = options_.json ? body : job_line(job, context_.now());
    if (line == j.last_line)
      return false;
    show(j, status, line);
    j.last_line = std::move(line);
    return true;
  }

  void show(const watched_job& j, const std::string& status, const std::string& line) {
    if (options_.json) {
      context_.out << line << '\n' << std::flush;
      return;
    }
    const auto text = j.id + "  " + colours_.painted(status, line);
    if (live_line_) {
      // The former text is overwritten, the rest of the line cleared.
      context_.out << '\r' << text << "\033[K" << (j.ended ? "\n" : "") << std::flush;
      live_line_open_ = !j.ended;
    } else {
      context_.out << text << '\n' << std::flush;
    }
  }

  void end_live_line() {
    if (std::exchange(live_line_open_, false))
      context_.out << '\n';
  }

  program_context& context_;
  scheduler_client& client_;
  const watch_options& options_;
  palette colours_;
  std::vector<watched_job> jobs_;
  look_again again_;
  stream_wait stream_;
  bool live_line_ = false;
  bool live_line_open_ = false;
};

} // namespace

int watch_jobs(program_context& context, scheduler_client& client, const watch_options& options) {
  return watcher{context, client, options}.run();
}

} // namespace callboard
