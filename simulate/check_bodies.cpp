#include "config/units.hpp"
#include "core/base/rfc3339.hpp"

#include "simulate/scenario_parts.hpp"
#include "simulate/simulated_client.hpp"

// What steps carry, checked by the rules of REST as far as they do not depend on when it is sent.

namespace callboard::simulate {

namespace {

/// Takes a time out of the body when it is one; what it is when the step comes is for REST to say.
void take_time(nlohmann::json& body, const char* name, const std::string& path) {
  const auto i = body.find(name);
  if (i == body.end())
    return;
  const auto* text = i->is_string() ? &i->get_ref<const std::string&>() : nullptr;
  const bool good =
    text && (text->starts_with('+') ? parse_duration(text->substr(1)).has_value() : parse_rfc3339(*text).has_value());
  if (!good)
    refuse_value(path + "." + name, "a time from then on (\"+90s\"), or as in RFC 3339", *i);
  body.erase(i);
}

void check_unit(const nlohmann::json& body, const char* name, const std::string& path) {
  if (const auto i = body.find(name); i != body.end() && i->is_string() && !parse_duration(i->get<std::string>()))
    refuse_value(path + "." + name, "a number of seconds, or a text such as \"90s\"", *i);
}

void check_timeouts(const nlohmann::json& job, const std::string& path) {
  for (const auto* name : {"timeout", "softTimeout"})
    check_unit(job, name, path);
}

/// Puts some id in place of a name, and leaves the rest to REST.
void check_dependency(nlohmann::json& d, const std::string& path, job_id some) {
  if (!d.is_object() && !d.is_string())
    refuse_value(path, "the name of a job, or an object with id, its name, and on", d);
  auto& name = d.is_object() ? d["id"] : d;
  read_word(name, d.is_object() ? path + ".id" : path);
  name = to_string(some);
}

[[noreturn]] void refuse_field(const error& e, const std::string& path) {
  throw bad_scenario{e.field.empty() ? path : path + "." + e.field, "is refused: " + e.message};
}

/// `jobs[0].priority` of the reader is `priority` of this job, and stands in the message as well.
[[noreturn]] void refuse_as(const error& e, const std::string& path) {
  constexpr std::string_view first = "jobs[0].";
  const auto field = e.field.starts_with(first) ? e.field.substr(first.size()) : std::string{};
  throw bad_scenario{field.empty() ? path : path + "." + field, "is refused: " + e.message};
}

} // namespace

void check_job_body(const nlohmann::json& body, const std::string& path, const job_rules& rules, time_point start) {
  auto copy = body;
  for (const auto* name : {"scheduleAt", "deadline", "finishBy"}) {
    take_time(copy, name, path);
    if (body.contains(name) && body.contains("onMiss") && name != std::string_view{"scheduleAt"}) // which needs one
      copy[name] = absolute_time("+1h", start);
  }
  check_timeouts(copy, path);
  if (const auto i = copy.find("dependencies"); i != copy.end()) {
    if (!i->is_array())
      refuse_value(path + ".dependencies", "an array of names of jobs", *i);
    for (size_t k = 0; k < i->size(); ++k)
      check_dependency((*i)[k], path + ".dependencies[" + std::to_string(k) + "]", job_id{k + 1});
  }
  const auto read = rules.read_batch({absolute_body(std::move(copy), start)}, false, start);
  if (!read)
    refuse_as(read.err(), path);
  if (const auto& why = read->refused.front())
    refuse_as(*why, path);
}

void check_workflow_body(nlohmann::json& body, const std::string& name, const std::string& path, const job_rules& rules,
                         time_point start) {
  if (!body.contains("name"))
    body["name"] = name;
  auto copy = body;
  if (const auto jobs = copy.find("jobs"); jobs != copy.end() && jobs->is_object())
    for (auto& [key, job] : jobs->items()) {
      if (!job.is_object())
        continue;
      const auto at = path + ".jobs." + key;
      for (const auto* time : {"scheduleAt", "deadline", "finishBy"}) {
        const bool needed = job.contains(time) && job.contains("onMiss") && time != std::string_view{"scheduleAt"};
        take_time(job, time, at);
        if (needed)
          job[time] = absolute_time("+1h", start);
      }
      check_timeouts(job, at);
    }
  if (const auto read = rules.read_workflow(copy, name, start); !read)
    refuse_field(read.err(), path);
}

void take_inner_names(batch_step& s, const scenario& plan, const std::string& path) {
  std::vector<batch_dependency> inner;
  for (size_t i = 0; i < s.jobs.size(); ++i) {
    auto names = nlohmann::json::array();
    for (const auto& dep : dependencies_of(s.jobs[i].body)) {
      bool group = false;
      for (size_t k = 0; k < s.jobs.size(); ++k) {
        const auto& other = s.jobs[k].name;
        if (other != dep.name && !(other.starts_with(dep.name + "#") && plan.jobs.count(dep.name) != 0))
          continue;
        inner.push_back({i, k});
        names.push_back(dependency_on(other, dep));
        group = true;
      }
      if (!group)
        names.push_back(dependency_on(dep.name, dep));
    }
    if (!names.empty())
      s.jobs[i].body["dependencies"] = std::move(names);
  }
  if (const auto circle = find_cycle(s.jobs.size(), inner))
    throw bad_scenario{path, "wait for each other in a circle: " + *circle};
}

void check_change_body(const nlohmann::json& body, const std::string& path, const job_rules& rules, time_point start) {
  auto copy = body;
  for (const auto* name : {"scheduleAt", "deadline"})
    take_time(copy, name, path);
  if (copy.empty() && !body.empty())
    return;
  if (const auto read = rules.read_patch(copy, start); !read)
    throw bad_scenario{path, "is refused: " + read.err().message};
}

void check_schedule_body(const nlohmann::json& body, const std::string& path, const job_rules& rules,
                         time_point start) {
  auto copy = body;
  const auto later = absolute_time("+1h", start);
  for (const auto* name : {"at", "anchor", "startAt", "endAt"})
    take_time(copy, name, path);
  for (const auto* name : {"at", "anchor"}) // which say what kind of schedule it is
    if (body.contains(name))
      copy[name] = later;
  for (const auto* name : {"every", "jitter", "startWithin"})
    check_unit(copy, name, path);
  if (const auto job = copy.find("job"); job != copy.end() && job->is_object())
    check_timeouts(*job, path + ".job");
  if (const auto read = rules.read_schedule(absolute_schedule(std::move(copy), start), start); !read)
    refuse_field(read.err(), path);
}

void check_limit_target(const limit_target& t, const std::string& path, const job_rules& rules) {
  if (const auto ok = rules.check_limit_target(t); !ok)
    throw bad_scenario{path, "is refused: " + ok.err().message};
}

void check_limit_body(limit_kind kind, const nlohmann::json& rule, const std::string& path, const job_rules& rules) {
  for_each_rate(
    rule, [&](const nlohmann::json& rate, const std::string& name) { check_unit(rate, "per", path + "." + name); });
  if (const auto c = rule.find("cache"); c != rule.end() && c->is_object())
    check_unit(*c, "for", path + ".cache");
  if (const auto read = rules.read_limit(kind, plain_limit(rule)); !read)
    refuse_field(read.err(), path);
}

std::variant<duration, time_point> read_clock(const nlohmann::json& v, const std::string& path) {
  if (v.is_string()) {
    const auto& text = v.get_ref<const std::string&>();
    if (text.starts_with('+') || text.starts_with('-')) {
      if (const auto d = parse_duration(text.substr(1)))
        return text.front() == '-' ? -*d : *d;
    } else if (const auto t = parse_rfc3339(text)) {
      return *t;
    }
  }
  refuse_value(path, "a step such as \"+1h\" or \"-10s\", or a time as in RFC 3339", v);
}

} // namespace callboard::simulate
