#include "http/api/template_submission.hpp"

#include "http/api/answer.hpp"
#include "http/api/job_submission.hpp"
#include "http/api/redacted_template.hpp"
#include "http/api/workflow_submission.hpp"
#include "http/json/job_text.hpp"
#include "http/json/json_document.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace callboard {

namespace {

void answer(const responder& to, http_response r) {
  to([r = std::move(r)] { return r; });
}

http_response body_answer(const api& a, const template_job& job, const template_content& t,
                          const template_origin& from) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{');
    write_template_origin(w, from);
    const auto body = shown_body(*a.redactions, t.kind, job.body, placeholders::filled);
    w.key(t.body_name()).raw(compact_text(body)).close('}');
  });
}

void submit_made_workflow(const api& a, parsed_workflow w, const template_origin& from,
                          const boxed<trace_context>& trace, const responder& to) {
  for (auto& spec : w.request.jobs) {
    spec.from_template = from;
    spec.trace = trace;
  }
  w.from_template = from;
  if (w.idempotency_key.empty())
    return submit_workflow(a, std::move(w), to);
  auto turn = begin_workflow_turn(a);
  if (!turn)
    return answer(to, failed(no_bulk_seat()));
  submit_workflow_once(std::move(turn), std::move(w), to);
}

void make(const api& a, const template_submit& s, const template_version& v, const responder& to) {
  const auto content = read_content(v, a.http.json_depth_max + 1);
  if (!content)
    return answer(to, failed(content.err()));
  if (auto e = check_overrides(*content, s.request))
    return answer(to, failed(std::move(*e)));
  const auto now = a.clock();
  auto job = make_from_template(a, *content, s.request, now, a.new_workflow_id(now));
  if (!job)
    return answer(to, failed(std::move(job).err()));
  const template_origin from{v.name, v.version};
  if (s.dry_run)
    return answer(to, body_answer(a, *job, *content, from));
  if (auto* w = std::get_if<parsed_workflow>(&job->made))
    return submit_made_workflow(a, std::move(*w), from, s.trace, to);
  auto& spec = std::get<job_spec>(job->made);
  spec.from_template = from;
  spec.trace = s.trace;
  submit_job(a, std::move(spec), to);
}

} // namespace

void submit_by_template(const api& a, template_submit s, const responder& to) {
  auto wish = std::make_shared<template_submit>(std::move(s));
  a.back.template_at(wish->name, wish->version, [&a, wish, to](result<template_version> v) {
    if (!v)
      return answer(to, failed(std::move(v).err()));
    a.aside([&a, wish, to, v = std::move(*v)] {
      try {
        make(a, *wish, v, to);
      } catch (const std::exception& e) {
        answer(to, failed({ec::internal_error, std::string{"the template could not be filled in: "} + e.what()}));
      }
    });
  });
}

} // namespace callboard
