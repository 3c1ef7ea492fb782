#include "http/api/template_reader.hpp"

#include "core/base/name.hpp"
#include "http/api/digest.hpp"
#include "http/api/redacted_template.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace callboard {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> template_fields{"name", "description", "parameters",
                                                          "job",  "workflow",    "version"};
constexpr std::array<std::string_view, 4> request_fields{"parameters", "version", "overrides", "idempotencyKey"};
constexpr std::array<std::string_view, 1> version_fields{"version"};
/// Fields of a job that are the template's matter, or have a place of their own.
constexpr std::array<std::string_view, 3> fixed_fields{"jobType", "payload", "idempotencyKey"};

error wrong_kind(const std::string& field, std::string_view allowed, const json& came) {
  return {ec::invalid_value, field + " must be " + std::string{allowed} + ", not " + shown_json(came), field};
}

/// An object with these fields and no others.
result<json> read_object(std::string_view text, std::span<const std::string_view> known, uint32_t depth_max) {
  auto body = read_document(text, depth_max);
  if (!body)
    return body;
  if (!body->is_object())
    return error{ec::invalid_value, "the body must be an object, not " + std::string{body->type_name()}};
  for (const auto& [name, value] : body->items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return error{ec::unknown_field,
                   "unknown field " + shown(std::string_view{name}) + "; known here are " +
                     joined({known.begin(), known.end()}),
                   name.substr(0, http_limits::shown_bytes_max)};
  return body;
}

/// Null: it was not given.
const json* find(const json& body, const char* name) {
  const auto i = body.find(name);
  return i == body.end() ? nullptr : &*i;
}

result<std::string> read_string(const json& v, const std::string& field, size_t bytes_max) {
  if (!v.is_string())
    return wrong_kind(field, "a string", v);
  return read_text(std::string_view{v.get_ref<const std::string&>()}, field, bytes_max);
}

result<uint32_t> read_version(const json& v, uint32_t min) {
  constexpr auto max = std::numeric_limits<uint32_t>::max();
  const auto allowed = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  if (!v.is_number_integer())
    return wrong_kind("version", allowed, v);
  if (!v.is_number_unsigned() || v.get<uint64_t>() < min || v.get<uint64_t>() > max)
    return error{ec::out_of_range, "version must be " + allowed + ", not " + v.dump(), "version"};
  return v.get<uint32_t>();
}

/// The definition as it is stored: what says the same has the same text.
result<template_draft> make_draft(const std::string& name, const template_content& t) {
  auto whole = json::object();
  if (!t.description.empty())
    whole["description"] = t.description;
  if (!t.parameters.is_null())
    whole["parameters"] = t.parameters;
  whole[t.body_name()] = t.body;
  auto text = compact_text(whole);
  auto digest = digest_of(text);
  if (!digest)
    return std::move(digest).err();
  return template_draft{name, t.kind, std::move(*digest), t.description, blob{std::move(text)}};
}

result<template_content> read_definition(const json& body) {
  template_content t;
  const auto *job = find(body, "job"), *workflow = find(body, "workflow");
  if (job == nullptr && workflow == nullptr)
    return error{ec::missing_field, "job is required, or workflow: the body of the submit that the template makes",
                 "job"};
  if (job != nullptr && workflow != nullptr)
    return error{ec::invalid_value, "job and workflow are both given; a template makes one of them", "workflow"};
  t.kind = job != nullptr ? template_kind::job : template_kind::workflow;
  t.body = job != nullptr ? *job : *workflow;
  if (const auto* v = find(body, "description")) {
    auto text = read_string(*v, "description", http_limits::template_description_bytes_max);
    if (!text)
      return std::move(text).err();
    t.description = std::move(*text);
  }
  if (const auto* v = find(body, "parameters")) {
    if (!v->is_object())
      return wrong_kind("parameters", "an object, a JSON Schema of the parameters", *v);
    t.parameters = *v;
  }
  auto uses = find_parameters(t.body, t.body_name());
  if (!uses)
    return std::move(uses).err();
  t.uses = std::move(*uses);
  return t;
}

} // namespace

result<parsed_template> parse_template(const api& a, std::string_view text, const std::string& name) {
  // As deep as a job may be, and the object around it.
  const auto body = read_object(text, template_fields, a.http.json_depth_max + 1);
  if (!body)
    return body.err();
  parsed_template out;
  if (const auto* v = find(*body, "name"); v != nullptr && *v != name)
    return wrong_kind("name", "that in the address, " + shown(std::string_view{name}) + ", or left out", *v);
  if (const auto* v = find(*body, "version")) {
    const auto version = read_version(*v, 0);
    if (!version)
      return version.err();
    out.version = *version;
  }
  const auto content = read_definition(*body);
  if (!content)
    return content.err();
  auto draft = make_draft(name, *content);
  if (!draft)
    return std::move(draft).err();
  if (draft->definition.size() > a.templates.bytes_max)
    return error{ec::body_too_large,
                 "the definition is " + std::to_string(draft->definition.size()) + " bytes long; at most " +
                   std::to_string(a.templates.bytes_max) + " are allowed (templates.bytes_max)",
                 content->body_name()};
  if (auto e = template_parameters{content->parameters, content->uses}.check(a))
    return std::move(*e);
  if (auto e = refuse_marks_in(*a.redactions, *content))
    return std::move(*e);
  if (auto e = check_without_values(a, *content, a.clock()))
    return std::move(*e);
  out.draft = std::move(*draft);
  return out;
}

result<template_draft> draft_of(const template_version& v, uint32_t depth_max) {
  const auto content = read_content(v, depth_max);
  if (!content)
    return content.err();
  return make_draft(v.name, *content);
}

result<template_request> parse_template_request(const api& a, std::string_view text, std::string_view key_header,
                                                std::optional<uint32_t>& version) {
  const bool empty = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  const auto body = read_object(empty ? "{}" : text, request_fields, a.http.json_depth_max + 1);
  if (!body)
    return body.err();
  template_request out;
  for (auto [name, into] : {std::pair{"parameters", &out.parameters}, {"overrides", &out.overrides}})
    if (const auto* v = find(*body, name)) {
      if (!v->is_object())
        return wrong_kind(name, "an object", *v);
      *into = *v;
    }
  if (const auto* v = find(*body, "version")) {
    const auto n = read_version(*v, 1);
    if (!n)
      return n.err();
    version = *n;
  }
  const auto* key = find(*body, "idempotencyKey");
  auto wish = key != nullptr        ? read_string(*key, "idempotencyKey", a.jobs.tag_bytes_max)
              : !key_header.empty() ? read_text(key_header, "Idempotency-Key", a.jobs.tag_bytes_max)
                                    : result<std::string>{std::string{}};
  if (!wish)
    return std::move(wish).err();
  out.idempotency_key = std::move(*wish);
  return out;
}

std::optional<error> check_overrides(const template_content& t, const template_request& r) {
  if (t.kind == template_kind::workflow && !r.overrides.empty())
    return error{ec::invalid_value,
                 "overrides is for templates of a job, and this one makes a workflow; allowed are parameters",
                 "overrides"};
  for (const auto name : fixed_fields)
    if (r.overrides.contains(std::string{name})) {
      const auto field = "overrides." + std::string{name};
      return error{ec::invalid_value,
                   field + (name == "idempotencyKey" ? " must not be given; idempotencyKey stands beside overrides"
                                                     : " is the template's; allowed are parameters"),
                   field};
    }
  return std::nullopt;
}

result<uint32_t> parse_template_version_wish(const api& a, std::string_view text) {
  const auto body = read_object(text, version_fields, a.http.json_depth_max);
  if (!body)
    return body.err();
  const auto* v = find(*body, "version");
  if (v == nullptr)
    return error{ec::missing_field, "version is required: which one is to be the present one again", "version"};
  return read_version(*v, 1);
}

} // namespace callboard
