#include "http/api/schedule_template.hpp"

#include "core/base/name.hpp"
#include "http/api/template_reader.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

const std::string member = "template";
constexpr std::array<std::string_view, 4> fields{"name", "version", "parameters", "overrides"};

error invalid(const std::string& field, const std::string& why) {
  return {ec::invalid_value, field + " " + why, field};
}

result<schedule_template> read_wish(const api& a, const json& wish) {
  if (!wish.is_object())
    return invalid(member, "must be an object with the name of a template, not " + shown_json(wish));
  for (const auto& [name, value] : wish.items())
    if (std::find(fields.begin(), fields.end(), name) == fields.end())
      return within(error{ec::unknown_field,
                          "unknown field " + shown(std::string_view{name}) + "; known here are " +
                            joined({fields.begin(), fields.end()}),
                          name.substr(0, http_limits::shown_bytes_max)},
                    member);
  const auto name = wish.find("name");
  if (name == wish.end())
    return error{ec::missing_field, "template.name is required: which template makes the job", "template.name"};
  if (!name->is_string() || !is_name(name_kind::job_template, name->get_ref<const std::string&>()))
    return error{ec::invalid_value, "template." + name_rule(name_kind::job_template) + ", not " + shown_json(*name),
                 "template.name"};
  schedule_template out;
  out.name = name->get<std::string>();
  auto rest = wish;
  rest.erase("name");
  auto request = parse_template_request(a, compact_text(rest), {}, out.version);
  if (!request)
    return within(std::move(request).err(), member);
  out.request = std::move(*request);
  return out;
}

/// The body of the schedule with the job that the template makes.
result<std::string> with_job_of_template(const api& a, const schedule_template& s, const template_version& v) {
  const auto content = read_content(v, a.http.json_depth_max + 1);
  if (!content)
    return content.err();
  if (content->kind != template_kind::job)
    return invalid("template.name", "must be a template that makes a job, not " + shown(std::string_view{v.name}) +
                                      ", which makes a workflow: a schedule submits one job at each fire time");
  if (auto e = check_overrides(*content, s.request))
    return within(std::move(*e), member);
  auto job = fill_template(a, *content, s.request);
  if (!job)
    return within(std::move(job).err(), member);
  auto whole = s.schedule;
  whole["job"] = std::move(*job);
  return compact_text(whole);
}

result<schedule_definition> read_filled(const api& a, const schedule_template& s, const template_version& v,
                                        schedule_use use, std::string_view name) {
  const auto text = with_job_of_template(a, s, v);
  if (!text)
    return text.err();
  auto parsed = parse_schedule(a, *text, use, name);
  if (!parsed)
    return std::move(parsed).err();
  parsed->definition.job.from_template = template_origin{v.name, v.version};
  return std::move(parsed->definition);
}

} // namespace

result<std::optional<schedule_template>> read_schedule_template(const api& a, std::string_view text) {
  if (text.find(member) == std::string_view::npos) // most have none
    return std::optional<schedule_template>{};
  // As deep as a job may be, and the objects around it.
  auto body = read_document(text, a.http.json_depth_max + 2);
  if (!body && body.err().code == ec::invalid_value && !body.err().field.starts_with("job"))
    return std::move(body).err();
  if (!body || !body->is_object() || !body->contains(member))
    return std::optional<schedule_template>{};
  if (body->contains("job"))
    return invalid(member, "and job are both given; give the job, or the template that makes it");
  auto wish = read_wish(a, (*body)[member]);
  if (!wish)
    return std::move(wish).err();
  body->erase(member);
  wish->schedule = std::move(*body);
  return std::optional{std::move(*wish)};
}

void read_schedule_of_template(const api& a, schedule_template s, schedule_use use, std::string name,
                               std::function<void(result<schedule_definition>)> done) {
  auto wish = std::make_shared<schedule_template>(std::move(s));
  a.back.template_at(wish->name, wish->version, [&a, wish, use, name, done](result<template_version> v) {
    if (!v)
      return done(within(std::move(v).err(), member));
    a.aside([&a, wish, use, name, done, v = std::move(*v)] {
      try {
        done(read_filled(a, *wish, v, use, name));
      } catch (const std::exception& e) {
        done(error{ec::internal_error, std::string{"the template could not be filled in: "} + e.what()});
      }
    });
  });
}

} // namespace callboard
