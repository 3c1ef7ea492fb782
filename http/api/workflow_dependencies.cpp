#include "http/api/workflow_dependencies.hpp"

#include "core/job/result_reference.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace callboard {

namespace {

/// Reads `dependencies`, which has been parsed. Field paths start at the job.
class dependency_list {
public:
  dependency_list(const api& a, workflow_job_wish& job) : api_(a), job_(job) {
  }

  std::optional<error> read(const nlohmann::json& list) {
    if (!list.is_array())
      return wrong("dependencies", "must be an array of keys and job ids, not " + std::string{list.type_name()});
    if (list.size() > api_.jobs.dependencies_max)
      return error{ec::out_of_range,
                   "dependencies has more than " + std::to_string(api_.jobs.dependencies_max) +
                     " (jobs.dependencies_max)",
                   "dependencies"};
    for (size_t i = 0; i < list.size(); ++i)
      if (auto e = read_entry(list[i], "dependencies[" + std::to_string(i) + "]"))
        return e;
    if (job_.spec.rule == dependency_rule::none_failed && on_failure_)
      return error{ec::invalid_value,
                   "dependencyRule must not be none_failed where a dependency is on failure: the job would wait for "
                   "what keeps it from running; allowed is one of all, any, all_done",
                   "dependencyRule"};
    return std::nullopt;
  }

private:
  static error wrong(const std::string& field, const std::string& why) {
    return {ec::invalid_value, field + " " + why, field};
  }

  std::optional<error> read_entry(const nlohmann::json& entry, const std::string& field) {
    if (entry.is_string())
      return add(entry.get_ref<const std::string&>(), dependency_condition::success, field);
    if (!entry.is_object())
      return wrong(field, "must be a key or a job id as a string, or an object with id and on, not " +
                            std::string{entry.type_name()});
    for (const auto& [name, value] : entry.items())
      if (name != "id" && name != "on")
        return error{ec::unknown_field, "unknown field " + shown(std::string_view{name}) + "; known here are id, on",
                     field + "." + name.substr(0, http_limits::shown_bytes_max)};
    const auto id = entry.find("id");
    if (id == entry.end())
      return error{ec::missing_field, field + ".id is required; the key of a job of this workflow, or a job id",
                   field + ".id"};
    if (!id->is_string())
      return wrong(field + ".id", "must be a key or a job id as a string, not " + std::string{id->type_name()});
    std::optional<dependency_condition> on = dependency_condition::success;
    if (const auto given = entry.find("on"); given != entry.end()) {
      on = given->is_string() ? parse_dependency_condition(given->get_ref<const std::string&>()) : std::nullopt;
      if (!on)
        return wrong(field + ".on",
                     "must be one of success, failure, finished, started, not " +
                       (given->is_string() ? shown(std::string_view{given->get_ref<const std::string&>()})
                                           : std::string{given->type_name()}));
    }
    return add(id->get_ref<const std::string&>(), *on, field + ".id");
  }

  std::optional<error> add(const std::string& name, dependency_condition on, const std::string& field) {
    if (!names_.insert(name).second)
      return wrong(field, "is given twice: " + shown(std::string_view{name}) + "; allowed is each job once");
    on_failure_ = on_failure_ || on == dependency_condition::failure;
    if (!name.starts_with(job_id_prefix)) {
      job_.waits_for.push_back({name, on, field});
      return std::nullopt;
    }
    const auto id = parse_job_id(name);
    if (!id)
      return wrong(field, "must be the key of a job of this workflow, or a job id such as job_01h8xgq2m4k7c, not " +
                            shown(std::string_view{name}));
    job_.spec.dependencies.emplace_back(*id, on);
    return std::nullopt;
  }

  const api& api_;
  workflow_job_wish& job_;
  std::set<std::string> names_;
  bool on_failure_ = false;
};

} // namespace

std::optional<error> read_workflow_dependencies(const api& a, const nlohmann::json& list, workflow_job_wish& job) {
  return dependency_list{a, job}.read(list);
}

std::optional<error> check_result_references(const workflow_job_wish& job) {
  const auto references = find_result_references(job.spec.payload.view());
  if (!references)
    return references.err();
  for (const auto& r : *references) {
    const auto named = [&r](const auto& d) { return d.key == r.key; };
    if (std::any_of(job.waits_for.begin(), job.waits_for.end(), named))
      continue;
    std::string known;
    for (const auto& d : job.waits_for)
      known += (known.empty() ? "" : ", ") + d.key;
    return error{ec::unknown_dependency,
                 "payload stands for the result of " + shown(std::string_view{r.key}) +
                   ", which this job does not depend on; it depends on " + (known.empty() ? "none" : known),
                 "payload"};
  }
  return std::nullopt;
}

} // namespace callboard
