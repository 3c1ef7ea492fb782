#include "cli/bulk_run.hpp"

#include "cli/job_print.hpp"

#include <algorithm>
#include <istream>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Jobs of one request: often enough for a progress line, and well within the time of an answer.
constexpr uint32_t slice_jobs = 1000;
/// Jobs that a request counts.
constexpr uint32_t count_jobs = 10'000;
/// Refused jobs that are named; all are counted.
constexpr size_t refused_shown_max = 20;
/// Wait before the scheduler is asked again to do what it could not do just now.
constexpr duration again_after = std::chrono::seconds{1};

uint64_t number_of(const json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_number_unsigned())
    throw command_failure{exit_server, std::string{"the answer has no number \""} + name + "\""};
  return found->get<uint64_t>();
}

std::string jobs_text(uint64_t n) {
  return std::to_string(n) + (n == 1 ? " job" : " jobs");
}

class bulk_runner {
public:
  bulk_runner(program_context& context, const client_flags& client, const bulk_flags& flags, const bulk_work& work)
    : context_(context), client_(context, client), flags_(flags), work_(work), json_(client.json),
      live_line_(context.terminal && !client.json) {
  }

  int run() {
    if (!flags_.dry_run && !flags_.yes && (json_ || !context_.terminal))
      throw command_failure{exit_usage, "nobody can be asked here; say --yes, or --dry-run to count only"};
    total_ = count();
    if (flags_.dry_run) {
      matched_ = total_;
      if (json_)
        print_json();
      else
        context_.out << jobs_text(total_) << " would be " << work_.past << '\n';
      return exit_ok;
    }
    if (total_ > 0 && !flags_.yes && !agreed()) {
      context_.out << "nothing was changed\n";
      return exit_usage;
    }
    try {
      act_on_all();
    } catch (const command_failure&) {
      print_summary();
      throw;
    }
    print_summary();
    return refused_ == 0 ? exit_ok : exit_usage;
  }

private:
  json ask(uint32_t limit, const std::string& cursor, bool dry) {
    auto body = work_.body;
    body["limit"] = limit;
    if (dry)
      body["dryRun"] = true;
    if (!cursor.empty())
      body["cursor"] = cursor;
    return client_.json("POST", work_.target, body.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  uint64_t count() {
    uint64_t n = 0;
    std::string cursor;
    do {
      const auto answer = ask(count_jobs, cursor, true);
      n += number_of(answer, "matched");
      cursor = member_text(answer, "next");
    } while (!cursor.empty());
    return n;
  }

  bool agreed() {
    context_.out << work_.verb << ' ' << jobs_text(total_) << "? [y/N] " << std::flush;
    std::string said;
    std::getline(context_.in, said);
    return said == "y" || said == "Y" || said == "yes";
  }

  void act_on_all() {
    const auto limit = flags_.rate == 0 ? slice_jobs : std::min(slice_jobs, flags_.rate);
    std::string cursor;
    while (true) {
      const auto begun = context_.now();
      const auto answer = ask(limit, cursor, false);
      const auto matched = number_of(answer, "matched");
      matched_ += matched;
      changed_ += number_of(answer, "changed");
      refused_ += number_of(answer, "refusedCount");
      keep_refused(answer);
      show_progress();
      cursor = member_text(answer, "next");
      if (cursor.empty())
        return;
      auto wait = answer.contains("stopped") ? again_after : duration{0};
      if (flags_.rate > 0) {
        const auto due = std::chrono::duration_cast<duration>(std::chrono::seconds{matched}) / flags_.rate;
        // The time of day may have been set meanwhile; then the whole wait is right.
        const auto took = context_.now() - begun;
        wait = std::max(wait, took >= duration{0} && took < due ? due - took : took < duration{0} ? due : duration{0});
      }
      if (wait > duration{0})
        context_.pause(wait);
    }
  }

  void keep_refused(const json& answer) {
    const auto list = answer.find("refused");
    if (list == answer.end() || !list->is_array())
      return;
    for (const auto& r : *list)
      if (shown_.size() < refused_shown_max)
        shown_.push_back(r);
  }

  void show_progress() {
    if (live_line_)
      context_.out << '\r' << matched_ << " of " << std::max(total_, matched_) << " jobs\033[K" << std::flush;
  }

  void print_json() {
    json out{{"action", work_.verb}, {"dryRun", flags_.dry_run}, {"matched", matched_},
             {"changed", changed_},  {"refusedCount", refused_}, {"refused", shown_}};
    context_.out << out.dump() << '\n';
  }

  void print_summary() {
    if (json_)
      return print_json();
    if (live_line_)
      context_.out << "\r\033[K";
    context_.out << work_.past << ' ' << jobs_text(changed_);
    if (refused_ > 0)
      context_.out << ", " << refused_ << " refused";
    context_.out << '\n' << std::flush;
    for (const auto& r : shown_) {
      const auto why = r.find("error");
      context_.err << "callboard: " << printable(member_text(r, "jobID"));
      if (why != r.end() && why->is_object())
        context_.err << ": " << printable(member_text(*why, "message") + " (" + member_text(*why, "code") + ")");
      context_.err << '\n';
    }
    if (refused_ > shown_.size())
      context_.err << "callboard: and " << refused_ - shown_.size() << " more\n";
  }

  program_context& context_;
  scheduler_client client_;
  const bulk_flags& flags_;
  const bulk_work& work_;
  const bool json_, live_line_;
  uint64_t total_ = 0, matched_ = 0, changed_ = 0, refused_ = 0;
  std::vector<json> shown_;
};

} // namespace

int run_bulk_work(program_context& context, const client_flags& client, const bulk_flags& flags,
                  const bulk_work& work) {
  return bulk_runner{context, client, flags, work}.run();
}

} // namespace callboard
