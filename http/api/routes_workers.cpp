#include "http/api/answer.hpp"
#include "http/api/metrics_text.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"

#include <array>

namespace callboard {

namespace {

std::optional<http_response> list_workers(const request_context& c, const responder& to) {
  c.a.back.workers(reply_to<std::vector<worker_view>>(to, [](std::vector<worker_view>& workers) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{').key("workers").open('[');
      for (const auto& v : workers)
        write_worker(w, v, false);
      w.close(']').key("count").number(workers.size()).close('}');
    });
  }));
  return std::nullopt;
}

std::optional<http_response> worker_status(const request_context& c, const responder& to) {
  c.a.back.worker(c.param, reply_to<worker_view>(to, [](worker_view& v) {
                    return json_answer(200, [&](json_writer& w) { write_worker(w, v, true); });
                  }));
  return std::nullopt;
}

http_response scaling_answer(const scale_view& v) {
  return json_answer(200, [&](json_writer& w) { write_scale_answer(w, v); });
}

std::optional<http_response> show_scale(const request_context& c, const responder& to) {
  c.a.back.scaling(reply_to<scale_view>(to, [](scale_view& v) { return scaling_answer(v); }));
  return std::nullopt;
}

std::optional<http_response> scale(const request_context& c, const responder& to) {
  static constexpr std::array<std::string_view, 3> known{"workers", "min", "max"};
  auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
  if (!body)
    return failed(std::move(body).err());
  scale_request r;
  const std::array<std::optional<uint32_t>*, 3> into{&r.workers, &r.workers_min, &r.workers_max};
  for (size_t i = 0; i < known.size(); ++i) {
    const auto* v = body->find(known[i]);
    if (v == nullptr)
      continue;
    const auto n = read_integer(*v, known[i], 0, c.a.workers_max);
    if (!n)
      return failed(n.err());
    *into[i] = *n;
  }
  if (!r.workers && !r.workers_min && !r.workers_max)
    return failed(
      {ec::missing_field, "workers is required (how many local workers there shall be), or min and max", "workers"});
  if (r.workers && (r.workers_min || r.workers_max))
    return failed(
      {ec::invalid_value, "workers sets a fixed number, min and max set bounds: give the one or the other", "workers"});
  if (r.workers_min && r.workers_max && *r.workers_min > *r.workers_max)
    return failed(
      {ec::invalid_value,
       "min must not be above max; " + std::to_string(*r.workers_min) + " is above " + std::to_string(*r.workers_max),
       "min"});
  c.a.back.scale(r, reply_to<scale_view>(to, [](scale_view& v) { return scaling_answer(v); }));
  return std::nullopt;
}

std::optional<http_response> drain(const request_context& c, const responder& to) {
  static constexpr std::array<std::string_view, 1> known{"deadline"};
  drain_request r{c.param, c.a.drain_grace};
  if (!c.request.body.empty()) {
    auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
    if (!body)
      return failed(std::move(body).err());
    if (const auto* v = body->find("deadline")) {
      auto d = read_seconds(*v, "deadline", duration{0}, c.a.jobs.timeout_max);
      if (!d)
        return failed(std::move(d).err());
      r.grace = *d;
    }
  }
  c.a.back.drain(std::move(r), reply_to<worker_view>(to, [](worker_view& v) {
                   return json_answer(202, [&](json_writer& w) { write_worker(w, v, false); });
                 }));
  return std::nullopt;
}

std::optional<http_response> list_actors(const request_context& c, const responder& to) {
  c.a.back.actors(reply_to<std::vector<actor_view>>(to, [](std::vector<actor_view>& actors) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{').key("actors").open('[');
      for (const auto& a : actors)
        write_actor(w, a);
      w.close(']').key("count").number(actors.size()).close('}');
    });
  }));
  return std::nullopt;
}

std::optional<http_response> dump_actor(const request_context& c, const responder& to) {
  const auto* node = c.target.find("node");
  c.a.back.dump_actor(c.param, node ? *node : "", reply_to<actor_dump>(to, [](actor_dump& d) {
                        return json_answer(200, [&](json_writer& w) {
                          w.open('{').key("name").text(d.name);
                          if (!d.node.empty())
                            w.key("node").text(d.node);
                          w.key("state").open('{');
                          for (const auto& [name, value] : d.facts)
                            w.any_key(name).text(value);
                          w.close('}').close('}');
                        });
                      }));
  return std::nullopt;
}

std::optional<http_response> restart_actor(const request_context& c, const responder& to) {
  c.a.back.restart_actor(c.param, reply_to<actor_view>(to, [](actor_view& a) {
                           return json_answer(202, [&](json_writer& w) { write_actor(w, a); });
                         }));
  return std::nullopt;
}

} // namespace

void add_worker_routes(std::vector<route>& table) {
  table.push_back({http_method::get, "/api/workers", body_kind::none, list_workers});
  table.push_back({http_method::get, "/api/workers/{}/status", body_kind::none, worker_status});
  table.push_back({http_method::post,
                   "/api/workers/scale",
                   body_kind::json,
                   scale,
                   {},
                   {"workers.scale", act_values::before_and_after, "/api/workers/scale"}});
  table.push_back({http_method::get, "/api/workers/scale", body_kind::none, show_scale});
  table.push_back({http_method::post,
                   "/api/workers/{}/drain",
                   body_kind::json_optional,
                   drain,
                   {},
                   {"worker.drain", act_values::answer}});
  table.push_back({http_method::get, "/api/actors", body_kind::none, list_actors});
  table.push_back({http_method::get, "/api/actors/{}", body_kind::none, dump_actor, {"node"}});
  table.push_back({http_method::post,
                   "/api/actors/{}/restart",
                   body_kind::none,
                   restart_actor,
                   {},
                   {"actor.restart", act_values::answer}});
}

} // namespace callboard
