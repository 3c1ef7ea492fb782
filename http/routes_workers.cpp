#include "http/answer.hpp"
#include "http/fields.hpp"
#include "http/flat_object.hpp"
#include "http/metrics_text.hpp"
#include "http/routes.hpp"

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

std::optional<http_response> scale(const request_context& c, const responder& to) {
  static constexpr std::array<std::string_view, 1> known{"workers"};
  auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
  if (!body)
    return failed(std::move(body).err());
  const auto* v = body->find("workers");
  if (v == nullptr)
    return failed({ec::missing_field, "workers is required: how many local workers there shall be", "workers"});
  const auto n = read_integer(*v, "workers", 0, c.a.workers_max);
  if (!n)
    return failed(n.err());
  c.a.back.scale(*n, reply_to<scale_answer>(to, [](scale_answer& a) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{').key("before").number(a.before).key("workers").number(a.desired).close('}');
    });
  }));
  return std::nullopt;
}

} // namespace

void add_worker_routes(std::vector<route>& table) {
  table.push_back({http_method::get, "/api/workers", body_kind::none, list_workers});
  table.push_back({http_method::get, "/api/workers/{}/status", body_kind::none, worker_status});
  table.push_back({http_method::post, "/api/workers/scale", body_kind::json, scale});
}

} // namespace callboard
