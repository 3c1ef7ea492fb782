#include "tests/http/template_bench.hpp"

namespace callboard::test {

namespace {

using nlohmann::json;

error unknown(const std::string& name) {
  return {ec::unknown_template, "there is no template '" + name + "'", "name"};
}

bool fits(const json& type, const json& v) {
  return type == "string"    ? v.is_string()
         : type == "integer" ? v.is_number_integer()
         : type == "number"  ? v.is_number()
         : type == "object"  ? v.is_object()
         : type == "array"   ? v.is_array()
                             : true;
}

result<done> check_types(const json& schema, const json* value) {
  if (schema.contains("broken"))
    return error{ec::invalid_value, "it is broken", "schema"};
  if (value != nullptr && schema.contains("properties"))
    for (const auto& [name, of] : schema["properties"].items())
      if (value->contains(name) && of.contains("type") && !fits(of["type"], (*value)[name]))
        return error{ec::invalid_value, "parameters." + name + " must be of type " + of["type"].dump(),
                     "parameters." + name};
  return done{};
}

} // namespace

void template_shelf::put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> done) {
  last_version = version;
  if (refuse)
    return done(*refuse);
  auto& k = kept_[d.name];
  const bool created = k.versions.empty();
  if (created || k.head.digest != d.digest) {
    k.head = {d.name, k.head.version + 1, 1, noon(), d.kind, d.digest, d.description};
    k.versions.push_back({d.name, k.head.version, noon(), d.definition});
  }
  done(template_change{k.head, created});
}

void template_shelf::remove_template(std::string name, reply<template_head> done) {
  const auto k = kept_.extract(name);
  k ? done(k.mapped().head) : done(unknown(name));
}

void template_shelf::templates(std::string after, uint32_t limit, reply<template_page> done) {
  template_page page;
  for (auto i = kept_.upper_bound(after); i != kept_.end(); ++i) {
    if (page.templates.size() == limit) {
      page.next = page.templates.back().name;
      break;
    }
    page.templates.push_back(i->second.head);
  }
  done(std::move(page));
}

void template_shelf::template_at(std::string name, std::optional<uint32_t> version, reply<template_version> done) {
  const auto k = kept_.find(name);
  if (k == kept_.end())
    return done(unknown(name));
  const auto n = version.value_or(k->second.head.version);
  if (n < 1 || n > k->second.versions.size())
    return done(error{ec::not_found, "no such version", "version"});
  done(k->second.versions[n - 1]);
}

void template_shelf::template_history(std::string name, reply<template_versions> done) {
  const auto k = kept_.find(name);
  if (k == kept_.end())
    return done(unknown(name));
  done(template_versions{{k->second.versions.rbegin(), k->second.versions.rend()}});
}

template_bench::template_bench() : a(make_api(back, types)), routes(a, all_routes()) {
  a.new_workflow_id = [n = uint64_t{0}](time_point) mutable { return workflow_number(++n); };
  a.check_schema = check_types;
}

http_response template_bench::call(http_method method, const std::string& target, const std::string& body,
                                   const std::string& idempotency_key) {
  std::optional<http_response> answer;
  http_request request;
  request.method = method;
  request.target = target;
  request.content_type = "application/json";
  request.idempotency_key = idempotency_key;
  request.body = body;
  auto match = routes.find(method, target);
  if (auto now = routes.run(match, request, responder{[&answer](responder::maker make) { answer = make(); }}))
    answer = std::move(now);
  REQUIRE(answer);
  return *answer;
}

json template_bench::json_of(int status, http_method method, const std::string& target, const json& body) {
  const auto r = call(method, target, body.is_null() ? "" : body.dump());
  INFO((r.failure ? r.failure->message : r.body));
  REQUIRE(r.status == status);
  return json::parse(r.body);
}

std::string refusal(const http_response& r) {
  return code_of(r) + " " + field_of(r);
}

} // namespace callboard::test
