#include "cli/log_follower.hpp"

#include "cli/job_print.hpp"
#include "cli/look_again.hpp"
#include "cli/stream_wait.hpp"
#include "core/job/job.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

class log_follower {
public:
  log_follower(program_context& context, scheduler_client& client, const log_options& options)
    : context_(context), client_(client), options_(options), again_(context, client, options.reconnect) {
  }

  int run() {
    look();
    if (!options_.follow)
      return exit_ok;
    while (!is_over()) {
      stream_.wait(client_, "id=" + url_escaped(options_.id), [this] {
        look();
        return !is_over() && !again_.is_away();
      });
      if (is_over())
        break;
      again_.pause();
      look();
    }
    return state_ == job_state::completed ? exit_ok : exit_job_failed;
  }

private:
  bool is_over() const {
    return state_ && is_terminal(*state_);
  }

  void look() {
    auto target = job_target(options_.id, "/logs");
    if (attempt_ != 0)
      target += "?attempt=" + std::to_string(attempt_) + "&from=" + std::to_string(next_);
    const auto body = again_.ask([&] { return client_.text("GET", target); });
    if (!body)
      return;
    const auto answer = parse_answer(*body);
    const auto attempt = number_of(answer, "attempt"), first = number_of(answer, "first");
    const auto lines = answer.find("lines");
    if (lines == answer.end() || !lines->is_array())
      throw command_failure{exit_server, "the answer has no list of lines"};
    if (!lines->empty()) {
      if (attempt != attempt_ && attempt_ != 0)
        say("attempt " + std::to_string(attempt));
      const auto expected = attempt == attempt_ ? next_ : 0;
      if (first > expected)
        say(std::to_string(first - expected) + " lines are not kept");
      for (uint64_t i = 0; i < lines->size(); ++i)
        print((*lines)[i], attempt, first + i);
      attempt_ = attempt;
      next_ = first + lines->size();
      context_.out << std::flush;
    }
    state_ = parse_job_state(member_text(answer, "status"));
  }

  static uint64_t number_of(const json& answer, const char* name) {
    const auto m = answer.find(name);
    if (m == answer.end() || !m->is_number_unsigned())
      throw command_failure{exit_server, std::string{"the answer has no number \""} + name + "\""};
    return m->get<uint64_t>();
  }

  /// For people, who see the lines of standard output with it.
  void say(const std::string& text) {
    if (!options_.json)
      context_.err << "-- " << text << '\n';
  }

  void print(const json& line, uint64_t attempt, uint64_t number) {
    if (options_.json)
      context_.out << json{{"attempt", attempt}, {"number", number}, {"line", line}}.dump() << '\n';
    else
      context_.out << printable(line.is_string() ? line.get<std::string>() : line.dump()) << '\n';
  }

  program_context& context_;
  scheduler_client& client_;
  const log_options& options_;
  look_again again_;
  stream_wait stream_;
  std::optional<job_state> state_;
  uint64_t attempt_ = 0, next_ = 0; // of the line that comes next
};

} // namespace

int show_log(program_context& context, scheduler_client& client, const log_options& options) {
  return log_follower{context, client, options}.run();
}

} // namespace callboard
