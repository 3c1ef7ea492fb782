#include "cli/explain_print.hpp"

#include "cli/exit_code.hpp"
#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// The sentence with the time at which the reason is over, and below it the jobs that the sentence does not name.
void print_reason(std::ostream& out, const json& reason, time_point now) {
  const auto text = printable(member_text(reason, "text"));
  out << text;
  // What has ended is not over some time, it was then.
  if (const auto since = time_text(reason, "since", now); !since.empty())
    out << "  since " << since;
  if (const auto until = time_text(reason, "until", now); !until.empty())
    out << (member_text(reason, "code") == "ended" ? "  at " : "  until ") << until;
  out << '\n';
  if (const auto ids = items_text(reason, "jobs"); !ids.empty() && text.find(ids) == std::string::npos)
    out << "  " << ids << '\n';
}

} // namespace

void print_explanation(std::ostream& out, const json& shown, time_point now, const palette& colours) {
  const auto reasons = shown.find("reasons");
  if (reasons == shown.end() || !reasons->is_array())
    throw command_failure{exit_server, "the answer has no list of reasons"};
  out << printable(member_text(shown, "jobID")) << " is " << colours.status(printable(member_text(shown, "status")))
      << '\n';
  for (const auto& reason : *reasons)
    print_reason(out, reason, now);
  if (const auto ahead = member_text(shown, "ahead"); !ahead.empty())
    out << "ready jobs ahead: " << printable(ahead) << '\n';
  if (const auto start = time_text(shown, "projectedStart", now); !start.empty())
    out << "projected start: " << start << '\n';
}

} // namespace callboard
