#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/name_page.hpp"
#include "http/api/redacted_template.hpp"
#include "http/api/routes.hpp"
#include "http/api/template_submission.hpp"
#include "http/api/trace_header.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/json_document.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace callboard {

namespace {

using nlohmann::json;

/// What has no such name does not exist.
result<std::string> read_name(const request_context& c) {
  if (is_name(name_kind::job_template, c.param))
    return c.param;
  return error{ec::unknown_template,
               "there is no template " + shown(std::string_view{c.param}) + "; " + name_rule(name_kind::job_template)};
}

/// A version number in the query; none: it was not given.
result<std::optional<uint32_t>> read_version(const parsed_target& t, const std::string& name) {
  const auto* text = t.find(name);
  if (text == nullptr)
    return std::optional<uint32_t>{};
  const auto n = read_integer(std::string_view{*text}, name, 1, std::numeric_limits<uint32_t>::max());
  if (!n)
    return n.err();
  return std::optional{*n};
}

void write_head(json_writer& w, const template_head& h) {
  w.open('{').key("name").text(h.name).key("version").number(h.version).key("changedAt").time(h.changed_at);
  w.key("makes").text(to_string(h.kind));
  if (!h.description.empty())
    w.key("description").text(h.description);
  w.close('}');
}

/// With its definition, which is JSON of our own.
void write_template(json_writer& w, const std::string& name, uint32_t version, time_point changed_at,
                    std::string_view definition, const redaction_book& hidden) {
  w.open('{').key("name").text(name).key("version").number(version).key("changedAt").time(changed_at);
  const auto whole = shown_definition(hidden, definition);
  for (const auto* member : {"description", "parameters", "job", "workflow"})
    if (whole.contains(member))
      w.key(member).raw(compact_text(whole[member]));
  w.close('}');
}

/// Defines it, and shows it as it is then.
void define(const api& a, template_draft d, std::optional<uint32_t> version, const responder& to) {
  const auto definition = d.definition;
  a.back.put_template(std::move(d), version,
                      reply_to<template_change>(to, [definition, hidden = a.redactions](template_change& x) {
                        return json_answer(x.created ? 201 : 200, [&](json_writer& w) {
                          write_template(w, x.head.name, x.head.version, x.head.changed_at, definition.view(), *hidden);
                        });
                      }));
}

std::optional<http_response> put(const request_context& c, const responder& to) {
  if (!is_name(name_kind::job_template, c.param))
    return failed(
      {ec::invalid_value, name_rule(name_kind::job_template) + ", not " + shown(std::string_view{c.param}), "name"});
  auto t = parse_template(c.a, c.request.body, c.param);
  if (!t)
    return failed(std::move(t).err());
  define(c.a, std::move(t->draft), t->version, to);
  return std::nullopt;
}

std::optional<http_response> list_templates(const request_context& c, const responder& to) {
  auto page = read_name_page(c, [](auto text) { return is_name(name_kind::job_template, text); });
  if (!page)
    return failed(std::move(page).err());
  c.a.back.templates(std::move(page->after), page->limit, reply_to<template_page>(to, [](template_page& p) {
                       return name_page_answer("templates", p.templates, p.next, write_head);
                     }));
  return std::nullopt;
}

std::optional<http_response> show(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  const auto version = read_version(c.target, "version");
  if (!version)
    return failed(version.err());
  c.a.back.template_at(std::move(*name), *version,
                       reply_to<template_version>(to, [hidden = c.a.redactions](template_version& v) {
                         return json_answer(200, [&](json_writer& w) {
                           write_template(w, v.name, v.version, v.changed_at, v.definition.view(), *hidden);
                         });
                       }));
  return std::nullopt;
}

std::optional<http_response> list_versions(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.template_history(std::move(*name),
                            reply_to<template_versions>(to, [hidden = c.a.redactions](template_versions& all) {
                              return json_answer(200, [&](json_writer& w) {
                                w.open('{').key("versions").open('[');
                                for (const auto& v : all.versions)
                                  write_template(w, v.name, v.version, v.changed_at, v.definition.view(), *hidden);
                                w.close(']').close('}');
                              });
                            }));
  return std::nullopt;
}

const template_version* find(const template_versions& all, uint32_t version) {
  const auto found =
    std::find_if(all.versions.begin(), all.versions.end(), [version](const auto& v) { return v.version == version; });
  return found == all.versions.end() ? nullptr : &*found;
}

error not_kept(const template_versions& all, const std::string& field, uint32_t version) {
  return {ec::not_found,
          field + " must be a version that is kept, " + std::to_string(all.versions.back().version) + " to " +
            std::to_string(all.versions.front().version) + ", not " + std::to_string(version),
          field};
}

/// @param to  none: the present version.  @param from  none: the one before `to`.
http_response diff_answer(const template_versions& all, std::optional<uint32_t> from, std::optional<uint32_t> to,
                          const redaction_book& hidden) {
  const auto last = to.value_or(all.versions.front().version);
  const auto first = from.value_or(last > 1 ? last - 1 : last);
  const auto *old = find(all, first), *now = find(all, last);
  if (old == nullptr || now == nullptr)
    return failed(old == nullptr ? not_kept(all, "from", first) : not_kept(all, "to", last));
  const auto patch =
    json::diff(shown_definition(hidden, old->definition.view()), shown_definition(hidden, now->definition.view()));
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("name").text(now->name).key("from").number(first).key("to").number(last);
    w.key("patch").raw(compact_text(patch)).close('}');
  });
}

std::optional<http_response> diff(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  const auto from = read_version(c.target, "from"), until = read_version(c.target, "to");
  if (!from || !until)
    return failed(from ? until.err() : from.err());
  c.a.back.template_history(
    std::move(*name),
    reply_to<template_versions>(to, [from = *from, until = *until, hidden = c.a.redactions](template_versions& all) {
      return diff_answer(all, from, until, *hidden);
    }));
  return std::nullopt;
}

std::optional<http_response> rollback(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  const auto version = parse_template_version_wish(c.a, c.request.body);
  if (!version)
    return failed(version.err());
  c.a.back.template_at(std::move(*name), *version, [&a = c.a, to](result<template_version> v) {
    if (!v)
      return to([e = std::move(v).err()] { return failed(e); });
    a.aside([&a, to, v = std::move(*v)] {
      auto draft = draft_of(v, a.http.json_depth_max + 1);
      if (!draft)
        return to([e = std::move(draft).err()] { return failed(e); });
      define(a, std::move(*draft), std::nullopt, to);
    });
  });
  return std::nullopt;
}

std::optional<http_response> remove(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.remove_template(std::move(*name), reply_to<template_head>(to, [](template_head& h) {
                             return json_answer(200, [&](json_writer& w) { write_head(w, h); });
                           }));
  return std::nullopt;
}

std::optional<http_response> submit(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  template_submit s;
  s.name = std::move(*name);
  if (const auto* text = c.target.find("dryRun")) {
    if (*text != "true" && *text != "false")
      return failed(
        {ec::invalid_value, "dryRun must be true or false, not " + shown(std::string_view{*text}), "dryRun"});
    s.dry_run = *text == "true";
  }
  auto request = parse_template_request(c.a, c.request.body, c.request.idempotency_key, s.version);
  if (!request)
    return failed(std::move(request).err());
  s.request = std::move(*request);
  s.trace = trace_of_request(c.request);
  submit_by_template(c.a, std::move(s), to);
  return std::nullopt;
}

} // namespace

void add_template_routes(std::vector<route>& table) {
  constexpr std::string_view one = "/api/templates/{}";
  table.push_back({http_method::get, "/api/templates", body_kind::none, list_templates, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/templates/{}", body_kind::none, show, {"version"}});
  table.push_back({http_method::put,
                   "/api/templates/{}",
                   body_kind::json,
                   put,
                   {},
                   {"template.put", act_values::before_and_after, one}});
  table.push_back({http_method::delete_,
                   "/api/templates/{}",
                   body_kind::none,
                   remove,
                   {},
                   {"template.remove", act_values::before, one}});
  table.push_back({http_method::get, "/api/templates/{}/versions", body_kind::none, list_versions});
  table.push_back({http_method::get, "/api/templates/{}/diff", body_kind::none, diff, {"from", "to"}});
  table.push_back({http_method::post,
                   "/api/templates/{}/rollback",
                   body_kind::json,
                   rollback,
                   {},
                   {"template.rollback", act_values::before_and_after, one}});
  table.push_back({http_method::post, "/api/templates/{}/submit", body_kind::json_optional, submit, {"dryRun"}});
}

} // namespace callboard
