#include "core/base/ids.hpp"
#include "http/api/answer.hpp"
#include "http/api/routes.hpp"
#include "http/api/work_reader.hpp"

#include <string_view>

namespace callboard {

namespace {

std::string_view to_text(stop_reason r) {
  switch (r) {
  case stop_reason::none:
    break;
  case stop_reason::soft_timeout:
    return "soft_timeout";
  case stop_reason::cancelled:
    return "cancelled";
  case stop_reason::timed_out:
    return "timed_out";
  case stop_reason::preempted:
    return "preempted";
  case stop_reason::shutdown:
    return "shutdown";
  }
  return "none";
}

void write_attempt(json_writer& w, const attempt_ref& a) {
  // The fence as text: it uses all 64 bits, which a JSON number in JavaScript has not.
  w.key("id").text(to_string(job_id{a.job})).key("fence").text(std::to_string(a.fence));
}

void write_news(json_writer& w, const work_news& n) {
  w.key("stop").open('[');
  for (const auto& s : n.stops) {
    w.open('{');
    write_attempt(w, s.attempt);
    w.key("reason").text(to_text(s.why)).close('}');
  }
  w.close(']').key("drain").boolean(n.draining);
}

void write_claimed(json_writer& w, const claimed_attempt& x) {
  const auto& o = x.order;
  w.open('{');
  write_attempt(w, {o.job, o.fence});
  w.key("attempt").number(o.number).key("type").text(o.type).key("startedAt").time(x.started_at);
  w.key("payload").raw(o.payload.empty() ? "{}" : std::string_view{o.payload});
  w.key("timeout").seconds(duration{o.timeout_us});
  if (o.soft_timeout_us > 0)
    w.key("softTimeout").seconds(duration{o.soft_timeout_us});
  if (o.memory_bytes > 0)
    w.key("memory").number(o.memory_bytes);
  if (o.cpu_milli > 0)
    w.key("cpu").real(o.cpu_milli / 1000.0);
  if (!o.checkpoint.empty())
    w.key("checkpoint").text(o.checkpoint);
  if (!o.traceparent.empty())
    w.key("traceparent").text(o.traceparent);
  if (!o.tracestate.empty())
    w.key("tracestate").text(o.tracestate);
  w.key("checkpointBytesMax").number(o.checkpoint_bytes_max).close('}');
}

reply<work_news> news_to(const responder& to) {
  return reply_to<work_news>(to, [](work_news& n) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{');
      write_news(w, n);
      w.close('}');
    });
  });
}

std::optional<http_response> sign_up(const request_context& c, const responder& to) {
  auto r = read_sign_up(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  c.a.back.sign_up(std::move(*r), reply_to<work_session>(to, [](work_session& s) {
                     return json_answer(201, [&](json_writer& w) {
                       w.open('{').key("workerID").text(s.worker).key("session").text(s.token);
                       w.key("heartbeatSeconds").seconds(s.heartbeat).key("leaseSeconds").seconds(s.lease);
                       w.key("killGraceSeconds").seconds(s.kill_grace).key("waitSecondsMax").seconds(s.wait_max);
                       w.close('}');
                     });
                   }));
  return std::nullopt;
}

std::optional<http_response> claim(const request_context& c, const responder& to) {
  auto r = read_claim(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  c.a.back.claim(std::move(*r), reply_to<claim_answer>(to, [](claim_answer& all) {
                   return json_answer(200, [&](json_writer& w) {
                     w.open('{').key("jobs").open('[');
                     for (const auto& x : all.attempts)
                       write_claimed(w, x);
                     w.close(']');
                     write_news(w, all.news);
                     w.close('}');
                   });
                 }));
  return std::nullopt;
}

std::optional<http_response> heartbeat(const request_context& c, const responder& to) {
  auto r = read_session(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  c.a.back.renew(std::move(*r), news_to(to));
  return std::nullopt;
}

std::optional<http_response> progress(const request_context& c, const responder& to) {
  auto r = read_progress(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  c.a.back.note_progress(std::move(*r), news_to(to));
  return std::nullopt;
}

std::optional<http_response> leave(const request_context& c, const responder& to) {
  auto r = read_session(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  c.a.back.leave(std::move(*r), reply_to<done>(to, [](done&) {
                   return json_answer(200, [&](json_writer& w) { w.open('{').key("left").boolean(true).close('}'); });
                 }));
  return std::nullopt;
}

template <result<outcome_request> (*read)(const api&, std::string_view)>
std::optional<http_response> end_attempt(const request_context& c, const responder& to) {
  auto r = read(c.a, c.request.body);
  if (!r)
    return failed(std::move(r).err());
  const attempt_ref a{r->end.job, r->end.fence};
  c.a.back.end_attempt(std::move(*r), reply_to<done>(to, [a](done&) {
                         return json_answer(200, [&](json_writer& w) {
                           w.open('{');
                           write_attempt(w, a);
                           w.close('}');
                         });
                       }));
  return std::nullopt;
}

} // namespace

void add_work_routes(std::vector<route>& table) {
  const auto add = [&table](std::string_view path, route_handler run) {
    table.push_back({http_method::post, path, body_kind::json, run});
  };
  add("/api/work/workers", sign_up);
  add("/api/work/claim", claim);
  add("/api/work/heartbeat", heartbeat);
  add("/api/work/progress", progress);
  add("/api/work/complete", end_attempt<read_complete>);
  add("/api/work/fail", end_attempt<read_fail>);
  add("/api/work/release", end_attempt<read_release>);
  add("/api/work/leave", leave);
}

} // namespace callboard
