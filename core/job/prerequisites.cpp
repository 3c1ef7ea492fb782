#include "core/job/prerequisites.hpp"

#include "core/base/enum_names.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 4> condition_names{"success", "failure", "finished", "started"};
constexpr std::array<std::string_view, 4> rule_names{"all", "any", "all_done", "none_failed"};
constexpr std::array<std::string_view, 5> ending_names{"open", "completed", "failed", "cancelled", "skipped"};

enum class condition_state : uint8_t { open, met, unmet };

condition_state state_of(const dependency& d) {
  const auto when = [](bool met) { return met ? condition_state::met : condition_state::unmet; };
  if (d.on == dependency_condition::started && d.began)
    return condition_state::met;
  if (d.ended == job_ending::open)
    return condition_state::open;
  switch (d.on) {
  case dependency_condition::success:
    return when(d.ended == job_ending::completed);
  case dependency_condition::failure:
    return when(d.ended == job_ending::failed);
  case dependency_condition::finished:
    return condition_state::met;
  case dependency_condition::started:
    break;
  }
  return condition_state::unmet;
}

/// Of what a job came to, for one that it keeps from running: the larger, the graver.
int gravity(job_ending e) {
  return e == job_ending::failed ? 3 : e == job_ending::cancelled ? 2 : 1;
}

} // namespace

std::string_view to_string(dependency_condition c) {
  return condition_names.at(static_cast<size_t>(c));
}
std::optional<dependency_condition> parse_dependency_condition(std::string_view text) {
  return value_of<dependency_condition>(condition_names, text);
}
std::string_view to_string(dependency_rule r) {
  return rule_names.at(static_cast<size_t>(r));
}
std::optional<dependency_rule> parse_dependency_rule(std::string_view text) {
  return value_of<dependency_rule>(rule_names, text);
}
std::string_view to_string(job_ending e) {
  return ending_names.at(static_cast<size_t>(e));
}

prospect prospect_of(dependency_rule rule, std::span<const dependency> jobs) {
  size_t open = 0, met = 0, failed = 0;
  for (const auto& d : jobs) {
    const auto s = state_of(d);
    open += s == condition_state::open;
    met += s == condition_state::met;
    failed += d.ended == job_ending::failed;
  }
  const auto unmet = jobs.size() - open - met;
  switch (rule) {
  case dependency_rule::all:
    return unmet > 0 ? prospect::never : open > 0 ? prospect::waits : prospect::runs;
  case dependency_rule::any:
    return met > 0 || jobs.empty() ? prospect::runs : open > 0 ? prospect::waits : prospect::never;
  case dependency_rule::none_failed:
    if (failed > 0)
      return prospect::never;
    break;
  case dependency_rule::all_done:
    break;
  }
  return open > 0 ? prospect::waits : prospect::runs;
}

refusal_to_run refusal_of(dependency_rule rule, std::span<const dependency> jobs) {
  const dependency* cause = nullptr;
  for (const auto& d : jobs) {
    const bool counts =
      rule == dependency_rule::none_failed ? d.ended == job_ending::failed : state_of(d) == condition_state::unmet;
    if (counts && (!cause || gravity(d.ended) > gravity(cause->ended)))
      cause = &d;
  }
  if (!cause)
    return {};
  const auto id = to_string(cause->job);
  switch (cause->ended) {
  case job_ending::failed:
    return {job_error_code::upstream_failed, id + " did not complete"};
  case job_ending::cancelled:
    return {job_error_code::upstream_cancelled, id + " was cancelled"};
  case job_ending::completed:
    return {job_error_code::skipped, id + " completed, and this job is for when it does not"};
  default:
    return {job_error_code::skipped, id + " was skipped"};
  }
}

bool is_conditional(dependency_rule rule, std::span<const dependency> jobs) {
  return (rule != dependency_rule::all && !jobs.empty()) ||
         std::any_of(jobs.begin(), jobs.end(), [](const auto& d) { return d.on != dependency_condition::success; });
}

job_ending ending_of(job_state state, std::string_view code) {
  switch (state) {
  case job_state::completed:
    return job_ending::completed;
  case job_state::failed:
    return job_ending::failed;
  case job_state::cancelled:
    return code == job_error_code::upstream_failed ? job_ending::failed
           : code == job_error_code::skipped       ? job_ending::skipped
                                                   : job_ending::cancelled;
  default:
    return job_ending::open;
  }
}

job_ending ending_of(const job_record& rec) {
  return ending_of(rec.state, rec.error ? std::string_view{rec.error->code} : std::string_view{});
}

std::string ended_job_key(job_id job) {
  return std::string{ended_job_prefix} + to_string(job);
}

std::string to_text(const prerequisite_end& e) {
  return std::string{to_string(e.how)} + (e.began ? " begun" : "");
}

std::optional<prerequisite_end> parse_end(std::string_view name, std::string_view text) {
  const auto job = parse_job_id(name);
  const auto word = text.substr(0, text.find(' '));
  const auto how = value_of<job_ending>(ending_names, word);
  if (!job || !how || *how == job_ending::open)
    return std::nullopt;
  return prerequisite_end{*job, *how, word.size() < text.size()};
}

} // namespace callboard
