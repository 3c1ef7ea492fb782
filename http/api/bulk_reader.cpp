#include "http/api/bulk_reader.hpp"

#include "http/api/job_query.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_tree.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

using json = nlohmann::json;

constexpr std::array<std::string_view, 6> action_names{"cancel", "retry", "discard", "change", "hold", "release"};

/// A body as a tree, without members given twice.
class body_reader final : public json_events {
public:
  bool scalar(const json_scalar& v, const char*) override {
    if (tree.complete())
      return refuse({ec::invalid_value, "the body must be a JSON object, not " + shown(v)});
    tree.scalar(v);
    return true;
  }
  bool open(bool array, const char*) override {
    if (array && tree.complete())
      return refuse({ec::invalid_value, "the body must be a JSON object, not an array"});
    tree.open(array);
    return true;
  }
  bool close(const char*) override {
    tree.close();
    return true;
  }
  bool key(std::string& name, const char*) override {
    if (tree.has(name)) {
      const auto field = name.substr(0, http_limits::shown_bytes_max);
      return refuse({ec::invalid_value, shown(std::string_view{name}) + " is given twice", field});
    }
    tree.key(name);
    return true;
  }

  json_tree tree;
  std::optional<error> err;

private:
  bool refuse(error e) {
    err = std::move(e);
    return false;
  }
};

std::string kind_of(const json& v) {
  return v.is_array() ? "an array" : "an object";
}

/// A value as the readers of single values take it; its text stays where it is. Error: invalid_value for an array or
/// an object.
result<json_scalar> single(json& v, const std::string& field) {
  json_scalar out;
  switch (v.type()) {
  case json::value_t::string:
    out.is = json_scalar::type::text;
    out.text = v.get_ptr<std::string*>();
    return out;
  case json::value_t::boolean:
    out.is = json_scalar::type::boolean;
    out.boolean = v.get<bool>();
    return out;
  case json::value_t::number_integer:
    out.is = json_scalar::type::integer;
    out.integer = v.get<int64_t>();
    return out;
  case json::value_t::number_unsigned:
    out.is = json_scalar::type::natural;
    out.natural = v.get<uint64_t>();
    return out;
  case json::value_t::number_float:
    out.is = json_scalar::type::real;
    out.real = v.get<double>();
    return out;
  case json::value_t::array:
  case json::value_t::object:
    return error{ec::invalid_value, field + " must be a single value, not " + kind_of(v), field};
  default:
    return out; // null
  }
}

result<std::string> text_of(json& v, const std::string& field) {
  auto s = single(v, field);
  if (!s)
    return std::move(s).err();
  if (s->is != json_scalar::type::text)
    return error{ec::invalid_value, field + " must be a text, not " + shown(*s), field};
  return *s->text;
}

result<bool> flag_of(json& v, const std::string& field) {
  const auto s = single(v, field);
  if (!s)
    return s.err();
  return read_boolean(*s, field);
}

result<uint32_t> integer_of(json& v, const std::string& field, uint32_t min, uint32_t max) {
  const auto s = single(v, field);
  if (!s)
    return s.err();
  return read_integer(*s, field, min, max);
}

/// One status, or several, as a query spells them.
result<std::string> status_of(json& v) {
  if (!v.is_array())
    return text_of(v, "status");
  if (v.empty())
    return error{ec::invalid_value, "status must name at least one status", "status"};
  std::string out;
  for (size_t i = 0; i < v.size(); ++i) {
    auto one = text_of(v[i], "status[" + std::to_string(i) + "]");
    if (!one)
      return one;
    out += (i == 0 ? "" : ",") + *one;
  }
  return out;
}

error unknown(std::string_view name, std::string known) {
  return {ec::unknown_field, "unknown field " + shown(name) + "; known here are " + std::move(known),
          std::string{name.substr(0, http_limits::shown_bytes_max)}};
}

/// The value of a member of the filter as a query spells it.
result<std::string> query_value(const std::string& name, json& v) {
  static constexpr std::array<std::string_view, 7> texts{"type", "queue", "tag", "key", "workflow", "from", "to"};
  if (name == "status")
    return status_of(v);
  if (name == "priority") {
    const auto n = integer_of(v, name, priority_min, priority_max);
    if (!n)
      return n.err();
    return std::to_string(*n);
  }
  if (name == "held") {
    const auto held = flag_of(v, name);
    if (!held)
      return held.err();
    return std::string{*held ? "true" : "false"};
  }
  if (std::find(texts.begin(), texts.end(), name) != texts.end())
    return text_of(v, name);
  return unknown(name, "status, type, queue, tag, key, workflow, priority, held, from, to, all");
}

/// A filter as the query that asks for the same. Errors have paths that start at the filter.
result<parsed_target> query_of(json& filter) {
  parsed_target out;
  bool all = false;
  for (auto& [name, value] : filter.items()) {
    if (name == "all") {
      const auto said = flag_of(value, name);
      if (!said)
        return said.err();
      all = *said;
      continue;
    }
    auto text = query_value(name, value);
    if (!text)
      return std::move(text).err();
    out.query.emplace_back(name, std::move(*text));
  }
  if (all && !out.query.empty())
    return error{ec::invalid_value, "all goes alone: the other fields say which jobs", "all"};
  if (!all && out.query.empty())
    return error{ec::missing_field, R"(the filter names no field; for every job say {"all": true})"};
  return out;
}

std::string states_text(bulk_action a) {
  std::vector<std::string> names;
  for (const auto s : states_of(a))
    names.emplace_back(to_string(s));
  return joined(names);
}

/// Sets the states of the action where the filter names none. Error: invalid_value when it names another.
std::optional<error> fit_states(bulk_action a, list_request& jobs) {
  const auto allowed = states_of(a);
  if (jobs.states.empty())
    jobs.states.assign(allowed.begin(), allowed.end());
  for (const auto s : jobs.states)
    if (std::find(allowed.begin(), allowed.end(), s) == allowed.end())
      return error{ec::invalid_value,
                   std::string{to_string(a)} + " is for jobs that are " + states_text(a) + ", not " +
                     std::string{to_string(s)},
                   "filter.status"};
  return std::nullopt;
}

result<list_request> read_jobs(const api& a, json& filter, json* cursor) {
  if (!filter.is_object()) {
    const auto came = single(filter, "filter");
    return error{ec::invalid_value, "filter must be an object, not " + (came ? shown(*came) : kind_of(filter)),
                 "filter"};
  }
  auto query = query_of(filter);
  if (!query)
    return within(std::move(query).err(), "filter");
  if (cursor != nullptr) {
    auto text = text_of(*cursor, "cursor");
    if (!text)
      return std::move(text).err();
    query->query.emplace_back("cursor", std::move(*text));
  }
  auto r = read_list_query(a, *query);
  if (!r && r.err().field != "cursor")
    return within(std::move(r).err(), "filter");
  return r;
}

result<bulk_action> read_action(json& v) {
  auto name = text_of(v, "action");
  if (!name)
    return std::move(name).err();
  const auto found = std::find(action_names.begin(), action_names.end(), *name);
  if (found == action_names.end())
    return error{ec::invalid_value,
                 "action must be one of cancel, retry, discard, change, hold, release, not " +
                   shown(std::string_view{*name}),
                 "action"};
  return static_cast<bulk_action>(found - action_names.begin());
}

/// `change` and `reason`, which only some actions have.
std::optional<error> read_extras(const api& a, json* change, json* reason, bulk_request& r) {
  if (r.action == bulk_action::change) {
    if (change == nullptr)
      return error{ec::missing_field, "change is required: an object with priority, scheduleAt or deadline", "change"};
    if (!change->is_object())
      return error{ec::invalid_value, "change must be an object with priority, scheduleAt or deadline", "change"};
    auto patch = read_patch(a, change->dump());
    if (!patch)
      return within(std::move(patch).err(), "change");
    if (patch->held)
      return error{ec::invalid_value, "held is not for change; use the actions hold and release", "change.held"};
    r.change = *patch;
  } else if (change != nullptr) {
    return error{ec::invalid_value, "change goes with the action change only", "change"};
  }
  if (r.action == bulk_action::hold || r.action == bulk_action::release)
    r.change.held = r.action == bulk_action::hold;
  if (reason == nullptr)
    return std::nullopt;
  if (r.action == bulk_action::retry || r.action == bulk_action::change)
    return error{ec::invalid_value, "reason goes with cancel, discard, hold and release only", "reason"};
  const auto scalar = single(*reason, "reason");
  if (!scalar)
    return scalar.err();
  auto text = read_text(*scalar, "reason", http_limits::reason_bytes_max);
  if (!text)
    return std::move(text).err();
  r.reason = std::move(*text);
  r.change.reason = r.reason;
  return std::nullopt;
}

result<json> read_body(const api& a, std::string_view text, bool fixed) {
  static constexpr std::array<std::string_view, 7> known{"filter", "reason", "dryRun", "limit",
                                                         "cursor", "action", "change"};
  const auto count = known.size() - (fixed ? 2 : 0);
  body_reader reader;
  if (auto e = parse_json(text, reader, a.http.json_depth_max))
    return std::move(*e);
  if (reader.err)
    return std::move(*reader.err);
  auto body = reader.tree.root();
  for (const auto& [name, value] : body.items())
    if (std::find(known.begin(), known.begin() + count, name) == known.begin() + count)
      return unknown(name, joined({known.begin(), known.begin() + count}));
  return body;
}

} // namespace

std::string_view to_string(bulk_action a) {
  return action_names[static_cast<size_t>(a)];
}

std::span<const job_state> states_of(bulk_action a) {
  static constexpr std::array live{job_state::queued, job_state::scheduled, job_state::retrying, job_state::running};
  static constexpr std::array failed{job_state::failed};
  switch (a) {
  case bulk_action::cancel:
  case bulk_action::hold:
  case bulk_action::release:
    return live;
  case bulk_action::change:
    return std::span{live}.first(3);
  default:
    return failed;
  }
}

result<bulk_request> read_bulk(const api& a, std::string_view text, std::optional<bulk_action> fixed) {
  auto body = read_body(a, text, fixed.has_value());
  if (!body)
    return std::move(body).err();
  const auto member = [&](const char* name) -> json* {
    const auto found = body->find(name);
    return found == body->end() ? nullptr : &*found;
  };
  bulk_request r;
  if (fixed) {
    r.action = *fixed;
  } else {
    auto* named = member("action");
    if (named == nullptr)
      return error{ec::missing_field, "action is required: cancel, retry, discard, change, hold or release", "action"};
    const auto action = read_action(*named);
    if (!action)
      return action.err();
    r.action = *action;
  }
  auto* filter = member("filter");
  if (filter == nullptr)
    return error{ec::missing_field, R"(filter is required; for every job say {"all": true})", "filter"};
  auto jobs = read_jobs(a, *filter, member("cursor"));
  if (!jobs)
    return std::move(jobs).err();
  r.jobs = std::move(*jobs);
  if (auto e = fit_states(r.action, r.jobs))
    return std::move(*e);
  if (r.action == bulk_action::hold || r.action == bulk_action::release)
    if (!r.jobs.held)
      r.jobs.held = r.action == bulk_action::release; // nothing is to be done to others
  if (auto e = read_extras(a, member("change"), member("reason"), r))
    return std::move(*e);
  if (auto* v = member("dryRun")) {
    const auto dry = flag_of(*v, "dryRun");
    if (!dry)
      return dry.err();
    r.dry_run = *dry;
  }
  r.limit = http_limits::bulk_jobs_default;
  if (auto* v = member("limit")) {
    const auto limit = integer_of(*v, "limit", 1, http_limits::bulk_jobs_max);
    if (!limit)
      return limit.err();
    r.limit = *limit;
  }
  r.jobs.limit = std::min(http_limits::bulk_page_jobs, a.http.list_limit_max);
  return r;
}

} // namespace callboard
