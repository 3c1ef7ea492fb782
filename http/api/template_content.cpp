#include "http/api/template_content.hpp"

#include "http/api/batch.hpp"
#include "http/api/redacted_template.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"

#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

/// The first name of a path: `priority` of `priority`, `tags` of `tags[1]`.
std::string first_name(const std::string& path) {
  return path.substr(0, path.find_first_of(".["));
}

/// An error of the filled body in the terms of the template: what stood there before it was filled in is shown.
error in_terms_of(const api& a, const template_content& t, const template_request& r, error e) {
  if (t.kind == template_kind::job && r.overrides.contains(first_name(e.field)))
    return within(std::move(e), "overrides");
  const auto* there = value_at(t.body, e.field);
  const auto is_shown = [&](const std::string& text) {
    return has_parameters(text) && (is_placeholder(text) || !a.redactions->of_any());
  };
  if (!e.field.empty() && there != nullptr && there->is_string() && is_shown(there->get_ref<const std::string&>()))
    e.message += "; the template has " + shown(std::string_view{there->get_ref<const std::string&>()}) + " there";
  return within(std::move(e), t.body_name());
}

/// As it may be told of a value that is going to be redacted.
error told_of_parameter(const api& a, const template_content& t, error e) {
  if (e.code == ec::missing_field || e.code == ec::unknown_field || !is_redacted_parameter(*a.redactions, t, e.field))
    return e;
  e.message = e.field + " is not as the template wants it; the reason is not told, because it goes to where a job type "
                        "redacts payloads";
  return e;
}

result<template_job> read_filled(const api& a, const template_content& t, json body, const std::string& idempotency_key,
                                 time_point now, std::string id) {
  if (!idempotency_key.empty())
    body["idempotencyKey"] = idempotency_key;
  const auto text = compact_text(body);
  if (t.kind == template_kind::job) {
    auto job = parse_job(a, text, now);
    if (!job)
      return std::move(job).err();
    return template_job{std::move(body), std::move(job->spec)};
  }
  auto w = read_workflow(a, text, {}, now, std::move(id));
  if (!w)
    return std::move(w).err();
  return template_job{std::move(body), std::move(*w)};
}

/// Without those of its fields that have placeholders; the strings that stay are filled in.
json fields_without_values(const json& job) {
  auto out = json::object();
  for (const auto& [name, value] : job.items())
    if (!has_parameters(value))
      out[name] = *fill_in_parameters(value, json::object(), {UINT64_MAX, false});
  return out;
}

/// A field whose value is not known has a name all the same, which the reader of such a body knows or does not.
template <class Read>
std::optional<error> check_names(const json& body, Read read) {
  for (const auto& [name, value] : body.items())
    if (has_parameters(value))
      if (auto e = read(compact_text({{name, nullptr}})); e && e->code == ec::unknown_field)
        return e;
  return std::nullopt;
}

error missing(const std::string& field, const std::string& what) {
  return {ec::missing_field, field + " is required: " + what, field};
}

/// What can be told of a job without the reader of its fields' values.
std::optional<error> check_job_shape(const api& a, const json& job, time_point now) {
  if (!job.is_object())
    return error{ec::invalid_value, "must be an object, a job, not " + std::string{job.type_name()}};
  if (!job.contains("jobType"))
    return missing("jobType", "one of " + a.types.listed());
  return check_names(job, [&](const auto& text) { return parse_job_fields(a, text, now); });
}

std::optional<error> check_job_fields(const api& a, const json& job, time_point now) {
  if (auto e = check_job_shape(a, job, now))
    return e;
  return parse_job_fields(a, compact_text(fields_without_values(job)), now);
}

std::optional<error> check_workflow_fields(const api& a, const json& workflow, time_point now) {
  if (auto e = check_names(workflow, [&](const auto& text) { return parse_workflow_fields(a, text, now); }))
    return e;
  auto known = fields_without_values(workflow);
  for (const auto* name : {"name", "jobs"})
    if (!workflow.contains(name))
      return missing(name, "a workflow has a name, and jobs by key");
  auto& jobs = known["jobs"];
  jobs = json::object();
  const auto& all = workflow["jobs"];
  if (all.is_string() && has_parameters(all))
    known.erase("jobs");
  else if (!all.is_object())
    return error{ec::invalid_value, "jobs must be an object of jobs by key, not " + std::string{all.type_name()},
                 "jobs"};
  else
    for (const auto& [key, job] : all.items()) {
      const bool unknown = job.is_string() && has_parameters(job);
      if (auto e = unknown ? std::nullopt : check_job_shape(a, job, now))
        return within(std::move(*e), "jobs." + key);
      jobs[key] = unknown ? json::object() : fields_without_values(job);
    }
  return parse_workflow_fields(a, compact_text(known), now);
}

} // namespace

result<template_content> read_content(const template_version& v, uint32_t depth_max) {
  auto whole = read_document(v.definition.view(), depth_max);
  if (!whole || !whole->is_object())
    return error{ec::corrupt_record, "version " + std::to_string(v.version) + " of template '" + v.name +
                                       "' cannot be read" + (whole ? "" : ": " + whole.err().message)};
  template_content t;
  t.description = whole->value("description", "");
  if (whole->contains("parameters"))
    t.parameters = std::move((*whole)["parameters"]);
  t.kind = whole->contains("workflow") ? template_kind::workflow : template_kind::job;
  t.body = std::move((*whole)[t.body_name()]);
  auto uses = find_parameters(t.body, t.body_name());
  if (!uses)
    return std::move(uses).err();
  t.uses = std::move(*uses);
  return t;
}

result<json> fill_template(const api& a, const template_content& t, const template_request& r) {
  const auto values = template_parameters{t.parameters, t.uses}.complete(a, r.parameters);
  if (!values)
    return told_of_parameter(a, t, values.err());
  auto body = fill_in_parameters(t.body, *values, {a.http.body_bytes_max, t.kind == template_kind::workflow});
  if (!body)
    return std::move(body).err();
  for (const auto& [name, value] : r.overrides.items()) {
    if (name == "retryCount" || name == "maxRetries") { // two names of one field
      body->erase("retryCount");
      body->erase("maxRetries");
    }
    (*body)[name] = value;
  }
  return body;
}

result<template_job> make_from_template(const api& a, const template_content& t, const template_request& r,
                                        time_point now, std::string id) {
  auto body = fill_template(a, t, r);
  if (!body)
    return std::move(body).err();
  auto made = read_filled(a, t, std::move(*body), r.idempotency_key, now, std::move(id));
  if (made)
    return made;
  auto e = std::move(made).err();
  if (e.field == "idempotencyKey" && !r.idempotency_key.empty())
    return e; // it was given beside the parameters
  return in_terms_of(a, t, r, std::move(e));
}

std::optional<error> check_without_values(const api& a, const template_content& t, time_point now) {
  if (!t.body.is_object())
    return error{ec::invalid_value,
                 t.body_name() + " must be an object, the body of a submit, not " + std::string{t.body.type_name()},
                 t.body_name()};
  const auto samples = template_parameters{t.parameters, t.uses}.samples();
  if (!samples) {
    auto e = t.kind == template_kind::job ? check_job_fields(a, t.body, now) : check_workflow_fields(a, t.body, now);
    return e ? std::optional{within(std::move(*e), t.body_name())} : std::nullopt;
  }
  template_request r;
  r.parameters = *samples;
  const auto made = make_from_template(a, t, r, now, a.new_workflow_id(now));
  // A time that has passed by now says nothing of a submit with another value.
  if (made || made.err().code == ec::time_in_past)
    return std::nullopt;
  auto e = made.err();
  if (!t.uses.empty())
    e.message = "with the defaults and examples of the parameters: " + e.message;
  return e;
}

} // namespace callboard
