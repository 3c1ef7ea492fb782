#include "http/api/job_reader.hpp"
#include "http/json/fields.hpp"

#include <algorithm>
#include <charconv>

// The jobs that a job depends on: each an id, or an object with an id and a condition.

namespace callboard {

std::string job_reader::dependency_path() const {
  return item("dependencies", job_.spec.dependencies.size() + job_.inner.size());
}

void job_reader::set_rule(const json_scalar& v) {
  const auto rule = v.is == json_scalar::type::text ? parse_dependency_rule(*v.text) : std::nullopt;
  if (!rule)
    return fail(ec::invalid_value, "dependencyRule", "must be one of all, any, all_done, none_failed, not " + shown(v));
  job_.spec.rule = *rule;
}

bool job_reader::has_room_for_dependency() {
  if (job_.spec.dependencies.size() + job_.inner.size() < api_.jobs.dependencies_max)
    return true;
  fail(ec::out_of_range, "dependencies",
       "has more than " + std::to_string(api_.jobs.dependencies_max) + " (jobs.dependencies_max)");
  return false;
}

/// Reads which job it is. False: it is none. @param below  where it stands in the dependency, for the error.
bool job_reader::name_dependency(std::string_view text, std::string_view below) {
  const auto refuse = [&](const std::string& why) {
    fail(ec::invalid_value, dependency_path() + std::string{below}, why);
    return false;
  };
  if (place_ == job_place::batch && text.starts_with('#')) {
    size_t position = 0;
    const auto [end, code] = std::from_chars(text.data() + 1, text.data() + text.size(), position);
    if (code != std::errc{} || end != text.data() + text.size())
      return refuse("must be \"#\" and a position in this batch, not " + shown(text));
    if (std::any_of(job_.inner.begin(), job_.inner.end(), [&](const auto& d) { return d.position == position; }))
      return refuse("is given twice: " + shown(text));
    entry_.position = position;
    return true;
  }
  entry_.job = parse_job_id(text);
  return entry_.job ||
         refuse(std::string{"must be a job id such as job_01h8xgq2m4k7c"} +
                (place_ == job_place::batch ? ", or \"#0\" for the first job of this batch, not " : ", not ") +
                shown(text));
}

void job_reader::take_dependency() {
  if (entry_.position)
    job_.inner.push_back({*entry_.position, entry_.on});
  else
    job_.spec.dependencies.emplace_back(*entry_.job, entry_.on);
  entry_ = {};
}

void job_reader::add_dependency(const json_scalar& v) {
  if (!has_room_for_dependency())
    return;
  if (v.is != json_scalar::type::text)
    return fail(ec::invalid_value, dependency_path(),
                "must be a job id as a string, or an object with id and on, not " + shown(v));
  entry_ = {};
  if (name_dependency(*v.text, {}))
    take_dependency();
}

/// Something opens in the array of dependencies, or further inside.
void job_reader::open_dependency(bool array) {
  if (err_)
    return;
  const std::string came = array ? "an array" : "an object";
  if (entry_.open)
    return fail(ec::invalid_value, dependency_path() + (field_ == field::id ? ".id" : ".on"),
                "must be a string, not " + came);
  if (!has_room_for_dependency())
    return;
  if (array)
    return fail(ec::invalid_value, dependency_path(),
                "must be a job id as a string, or an object with id and on, not " + came);
  entry_ = {};
  entry_.open = true;
  for (const auto f : {field::id, field::on})
    seen_ &= ~bit(f);
}

void job_reader::set_dependency(const json_scalar& v) {
  const bool text = v.is == json_scalar::type::text;
  if (field_ == field::id) {
    if (!text)
      return fail(ec::invalid_value, dependency_path() + ".id", "must be a job id as a string, not " + shown(v));
    name_dependency(*v.text, ".id");
  } else if (field_ == field::on) {
    const auto on = text ? parse_dependency_condition(*v.text) : std::nullopt;
    if (!on)
      return fail(ec::invalid_value, dependency_path() + ".on",
                  "must be one of success, failure, finished, started, not " + shown(v));
    entry_.on = *on;
  }
}

void job_reader::close_dependency() {
  entry_.open = false;
  field_ = field::none;
  if (err_)
    return;
  if (!entry_.job && !entry_.position)
    return fail(ec::missing_field, dependency_path() + ".id", "is required; a job id such as job_01h8xgq2m4k7c");
  take_dependency();
}

std::optional<error> job_reader::check_dependencies() const {
  const auto& all = job_.spec.dependencies;
  std::vector<job_id> ids;
  ids.reserve(all.size());
  for (const auto& d : all)
    ids.push_back(d.job);
  std::sort(ids.begin(), ids.end());
  if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end())
    return error{ec::invalid_value, "dependencies names " + to_string(*twice) + " twice; allowed is each job once",
                 "dependencies"};
  const auto on_failure = [](const auto& d) { return d.on == dependency_condition::failure; };
  if (job_.spec.rule == dependency_rule::none_failed && (std::any_of(all.begin(), all.end(), on_failure) ||
                                                         std::any_of(job_.inner.begin(), job_.inner.end(), on_failure)))
    return error{ec::invalid_value,
                 "dependencyRule must not be none_failed where a dependency is on failure: the job would wait for what "
                 "keeps it from running; allowed is one of all, any, all_done",
                 "dependencyRule"};
  return std::nullopt;
}

} // namespace callboard
