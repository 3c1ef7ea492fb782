#include "http/api/redacted_template.hpp"

#include "http/api/redacted_values.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

std::shared_ptr<const redaction> hidden_of(const redaction_book& hidden, const json& job) {
  const auto type = job.find("jobType");
  if (type == job.end() || !type->is_string() || has_parameters(*type))
    return hidden.of_any();
  return hidden.find(type->get_ref<const std::string&>());
}

/// Calls `each(job, path)` for the jobs of a body, whose path is below the body.
template <class Body, class Each>
void for_each_job(template_kind kind, Body& body, Each each) {
  if (!body.is_object())
    return;
  if (kind == template_kind::job)
    return each(body, std::string{});
  const auto jobs = body.find("jobs");
  if (jobs == body.end() || !jobs->is_object())
    return;
  for (auto i = jobs->begin(); i != jobs->end(); ++i)
    if (i.value().is_object())
      each(i.value(), "jobs." + i.key());
}

} // namespace

json shown_body(const redaction_book& hidden, template_kind kind, json body, placeholders p) {
  const auto shown = p == placeholders::shown ? is_placeholder : nullptr;
  for_each_job(kind, body, [&](json& job, const std::string&) {
    const auto payload = job.find("payload");
    if (payload == job.end())
      return;
    if (const auto r = hidden_of(hidden, job); r && r->has_payload())
      *payload = json::parse(r->shown_payload(compact_text(*payload), shown));
  });
  return body;
}

json shown_definition(const redaction_book& hidden, std::string_view definition) {
  auto whole = json::parse(definition);
  for (const auto kind : {template_kind::job, template_kind::workflow})
    if (const auto body = whole.find(std::string{to_string(kind)}); body != whole.end())
      *body = shown_body(hidden, kind, std::move(*body), placeholders::shown);
  return whole;
}

std::optional<error> refuse_marks_in(const redaction_book& hidden, const template_content& t) {
  std::optional<error> out;
  for_each_job(t.kind, t.body, [&](const json& job, const std::string& path) {
    const auto payload = job.find("payload");
    const auto r = out || payload == job.end() ? nullptr : hidden_of(hidden, job);
    if (!r)
      return;
    if (auto e = refuse_marks(*r, compact_text(*payload)))
      out = within(path.empty() ? std::move(*e) : within(std::move(*e), path), t.body_name());
  });
  return out;
}

bool is_redacted_parameter(const redaction_book& hidden, const template_content& t, const std::string& field) {
  constexpr std::string_view root = "parameters";
  auto name = field.substr(std::min(field.size(), root.size() + 1));
  name.resize(std::min(name.size(), name.find_first_of(".[")));
  bool found = false;
  for_each_job(t.kind, t.body, [&](const json& job, const std::string& path) {
    const auto r = hidden_of(hidden, job);
    const auto at_job = t.body_name() + "." + (path.empty() ? "" : path + ".");
    found = found || (r && std::any_of(t.uses.begin(), t.uses.end(), [&](const parameter_use& u) {
                        return (name.empty() || u.name == name) && u.at.starts_with(at_job) &&
                               r->concerns(std::string_view{u.at}.substr(at_job.size()));
                      }));
  });
  return found;
}

} // namespace callboard
