#include "simulate/read_scenario.hpp"

#include "config/loader.hpp"
#include "core/base/name.hpp"
#include "core/base/rfc3339.hpp"
#include "core/base/version_range.hpp"
#include "core/job/result_cache.hpp"
#include "http/api/resource_reader.hpp"
#include "http/json/json_source.hpp"
#include "http/json/json_tree.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "simulate/scenario_parts.hpp"

namespace callboard::simulate {

namespace {

constexpr uint32_t depth_max = 64;
constexpr uint64_t slots_max = 1024;

/// The whole text as a tree. A name that is given twice in an object is an error.
class tree_reader final : public json_events {
public:
  bool scalar(const json_scalar& v, const char*) override {
    tree.scalar(v);
    return true;
  }
  bool open(bool array, const char*) override {
    tree.open(array);
    return true;
  }
  bool close(const char*) override {
    tree.close();
    return true;
  }
  bool key(std::string& name, const char*) override {
    if (tree.has(name)) {
      twice = name;
      return false;
    }
    tree.key(name);
    return true;
  }
  json_tree tree;
  std::optional<std::string> twice;
};

std::string setting_text(const nlohmann::json& v, const std::string& path) {
  if (v.is_string())
    return v.get<std::string>();
  if (!v.is_array())
    return v.dump();
  std::string out;
  for (size_t i = 0; i < v.size(); ++i)
    out += (i == 0 ? "" : ",") + read_word(v[i], path + "[" + std::to_string(i) + "]");
  return out;
}

settings read_settings(const nlohmann::json& v) {
  if (!v.is_object())
    refuse_value("settings", "an object of settings, such as {\"jobs.aging_step\": \"1min\"}", v);
  load_request request;
  for (const auto& [key, value] : v.items())
    request.overrides.push_back({key, setting_text(value, "settings." + key), "settings"});
  auto loaded = load_settings_with_origins(request);
  if (!loaded)
    throw bad_scenario{"settings", "are not good: " + loaded.err().message};
  return std::move(loaded->values);
}

ending_script read_ending(const field_reader& r, bool at_soft_timeout) {
  ending_script s;
  constexpr std::array endings{ending::success, ending::failure,   ending::fatal,   ending::snooze,
                               ending::crash,   ending::hand_back, ending::time_out};
  if (const auto i = at_soft_timeout
                       ? r.choice("outcome", {"success", "failure", "fatal", "snooze", "crash", "return", "timeout"})
                       : r.choice("outcome", {"success", "failure", "fatal", "snooze", "crash", "return"}))
    s.how = endings[*i];
  const auto only = [&](std::string_view name, std::initializer_list<ending> of, std::string_view words) {
    if (r.find(name) && std::find(of.begin(), of.end(), s.how) == of.end())
      throw bad_scenario{r.path_of(name), "is only for the outcomes " + std::string{words}};
  };
  only("code", {ending::failure, ending::fatal}, "failure and fatal");
  only("message", {ending::failure, ending::fatal}, "failure and fatal");
  only("result", {ending::success, ending::failure, ending::fatal}, "success, failure and fatal");
  only("snooze", {ending::snooze}, "snooze");
  only("retryAfter", {ending::failure}, "failure");
  s.code = r.word("code").value_or("");
  s.message = r.word("message").value_or("");
  if (const auto* result = r.find("result"))
    s.result = blob{result->dump()};
  if (s.how == ending::snooze)
    s.snooze = read_span(r.need("snooze", "how long it wants to be left alone"), r.path_of("snooze"));
  s.retry_after = r.span("retryAfter").value_or(duration{0});
  if (const auto* checkpoint = r.find("checkpoint"))
    s.checkpoint = blob{checkpoint->dump()};
  return s;
}

attempt_script read_attempt(const nlohmann::json& v, const std::string& path) {
  const field_reader r{v,
                       path,
                       {"duration", "outcome", "code", "message", "result", "snooze", "retryAfter", "checkpoint",
                        "savesAfter", "atSoftTimeout"}};
  attempt_script s{read_ending(r, false)};
  s.takes = r.span("duration").value_or(duration{0});
  if (const auto* told = r.find("atSoftTimeout"))
    s.at_soft_timeout =
      read_ending(field_reader{*told,
                               r.path_of("atSoftTimeout"),
                               {"outcome", "code", "message", "result", "snooze", "retryAfter", "checkpoint"}},
                  true);
  if (r.find("savesAfter") && s.checkpoint.empty())
    throw bad_scenario{r.path_of("savesAfter"), "goes with checkpoint: what is saved then"};
  s.saves_after = r.span("savesAfter").value_or(duration{0});
  return s;
}

type_script read_type(const nlohmann::json& v, const std::string& path) {
  if (!v.is_object() || !v.contains("attempts"))
    return {read_attempt(v, path)};
  const field_reader r{v, path, {"attempts"}};
  const auto* list = r.list("attempts");
  type_script script;
  for (size_t i = 0; i < list->size(); ++i)
    script.push_back(read_attempt((*list)[i], r.path_of("attempts") + "[" + std::to_string(i) + "]"));
  if (script.empty())
    throw bad_scenario{r.path_of("attempts"), "must have at least one attempt"};
  return script;
}

/// What a worker offers is read as what a job asks for.
resource_offer read_offer(const field_reader& r) {
  auto asked = nlohmann::json::object();
  if (const auto* resources = r.find("resources")) {
    asked = *resources;
    if (asked.is_object() && (asked.contains("slots") || asked.contains("labels")))
      throw bad_scenario{r.path_of("resources"), "must not have slots and labels: they stand beside it"};
  }
  if (asked.is_object()) {
    asked["slots"] = r.count("slots", 1, slots_max).value_or(1);
    if (const auto* labels = r.find("labels"))
      asked["labels"] = *labels;
  }
  const auto offer = read_resource_request(asked, static_cast<uint32_t>(slots_max));
  if (!offer)
    throw bad_scenario{r.path(), offer.err().message};
  return {offer->slots, offer->cpu_milli, offer->memory_bytes, offer->named, offer->labels};
}

worker_script read_worker(const nlohmann::json& v, const std::string& path, const scenario& plan) {
  const field_reader r{
    v, path, {"name", "slots", "types", "versions", "cacheFor", "resources", "labels", "joins", "restarts"}};
  worker_script w;
  w.name = read_word(r.need("name", "the worker's name"), r.path_of("name"));
  if (!is_name(name_kind::worker, w.name))
    throw bad_scenario{r.path_of("name"), "is not good: " + name_rule(name_kind::worker)};
  w.offer = read_offer(r);
  if (const auto* list = r.list("types")) {
    for (size_t i = 0; i < list->size(); ++i) {
      const auto at = r.path_of("types") + "[" + std::to_string(i) + "]";
      w.types.push_back(read_word((*list)[i], at));
      if (plan.types.find(w.types.back()) == plan.types.end())
        refuse_value(at, "one of the scenario's types", (*list)[i]);
    }
  } else {
    for (const auto& [name, script] : plan.types)
      w.types.push_back(name);
  }
  if (const auto* versions = r.find("versions")) {
    const auto at = r.path_of("versions");
    if (!versions->is_object())
      refuse_value(at, "an object of versions by type", *versions);
    for (const auto& [type, version] : versions->items()) {
      if (std::find(w.types.begin(), w.types.end(), type) == w.types.end())
        refuse_value(at, "an object with types of the worker", *versions);
      w.versions[type] = read_word(version, at + "." + type);
      if (!parse_version(w.versions[type]))
        refuse_value(at + "." + type, "a version such as 1.4.2", version);
    }
  }
  if (const auto* times = r.find("cacheFor")) {
    const auto at = r.path_of("cacheFor");
    if (!times->is_object())
      refuse_value(at, "an object of times by type", *times);
    for (const auto& [type, time] : times->items()) {
      if (std::find(w.types.begin(), w.types.end(), type) == w.types.end())
        refuse_value(at, "an object with types of the worker", *times);
      w.cache_for[type] = read_span(time, at + "." + type);
      if (w.cache_for[type] < cache_for_min || w.cache_for[type] > cache_for_max)
        refuse_value(at + "." + type, "1s to 366 days", time);
    }
  }
  if (const auto* joins = r.find("joins")) {
    if (joins->is_boolean() && !joins->get<bool>())
      w.joins.reset();
    else
      w.joins = read_span(*joins, r.path_of("joins"));
  }
  w.restarts = r.span("restarts");
  return w;
}

scenario read_tree(const nlohmann::json& v) {
  const field_reader r{
    v,
    "",
    {"name", "description", "start", "seed", "commit", "settings", "types", "workers", "steps", "until", "expect"}};
  scenario plan;
  plan.name = read_word(r.need("name", "what the scenario is called"), "name");
  plan.description = r.word("description").value_or("");
  const auto start = r.word("start").value_or("2026-01-01T00:00:00Z");
  const auto t = parse_rfc3339(start);
  if (!t)
    refuse_value("start", "a time as in RFC 3339, such as \"2026-01-15T10:30:00Z\"", start);
  plan.start = *t;
  plan.seed = r.count("seed", 0, UINT64_MAX).value_or(1);
  plan.commit = r.span("commit").value_or(plan.commit);
  if (const auto* given = r.find("settings"))
    plan.config = read_settings(*given);
  plan.types = read_types(r.need("types", "the job types, and what their attempts do"));
  plan.workers = read_workers(r.list("workers"), plan);
  read_steps(r.need("steps", "what happens, and when"), plan);
  plan.until = r.span("until");
  plan.expected.path = "expect";
  if (const auto* expected = r.find("expect"))
    plan.expected = read_expectations(*expected, "expect");
  check_names(plan);
  return plan;
}

} // namespace

std::map<std::string, type_script, std::less<>> read_types(const nlohmann::json& v) {
  if (!v.is_object() || v.empty())
    refuse_value("types", "an object with at least one type, such as {\"report\": {\"duration\": 5}}", v);
  std::map<std::string, type_script, std::less<>> out;
  for (const auto& [name, script] : v.items()) {
    if (!is_name(name_kind::job_type, name))
      throw bad_scenario{"types." + name, "is not good: " + name_rule(name_kind::job_type)};
    out.emplace(name, read_type(script, "types." + name));
  }
  return out;
}

std::vector<worker_script> read_workers(const nlohmann::json* v, const scenario& plan) {
  if (!v) {
    auto usual = nlohmann::json::object();
    usual["name"] = "w1";
    return {read_worker(usual, "workers[0]", plan)};
  }
  std::vector<worker_script> out;
  std::set<std::string> names;
  for (size_t i = 0; i < v->size(); ++i) {
    const auto path = "workers[" + std::to_string(i) + "]";
    out.push_back(read_worker((*v)[i], path, plan));
    if (!names.insert(out.back().name).second)
      throw bad_scenario{path + ".name", "is the name of another worker: " + out.back().name};
  }
  return out;
}

result<scenario> read_scenario(std::string_view text) {
  tree_reader reader;
  if (auto e = parse_json(text, reader, depth_max))
    return std::move(*e);
  if (reader.twice)
    return error{ec::invalid_value, *reader.twice + " is given twice in one object", *reader.twice};
  try {
    return read_tree(reader.tree.root());
  } catch (const bad_scenario& e) {
    const auto where = e.path.empty() ? std::string{"the scenario"} : e.path;
    return error{ec::invalid_value, where + " " + e.what(), e.path};
  }
}

} // namespace callboard::simulate
