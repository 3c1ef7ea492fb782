#include "http/api/job_counts.hpp"

#include "http/api/answer.hpp"
#include "http/api/bulk_walk.hpp"
#include "http/api/job_query.hpp"
#include "http/api/metrics_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace callboard {

namespace {

using by_state = std::array<uint64_t, job_state_count>;

http_response counts_answer(const by_state& counts, const walk_end& end) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("byStatus");
    write_by_state(w, counts);
    w.key("counted").number(end.looked_at).key("complete").boolean(!end.next).close('}');
  });
}

} // namespace

std::optional<http_response> count_jobs(const request_context& c, const responder& to) {
  auto r = read_list_query(c.a, c.target);
  if (!r)
    return failed(std::move(r).err());
  auto seat = bulk_seat::take();
  if (!seat)
    return failed(no_bulk_seat());
  r->limit = std::min(http_limits::bulk_page_jobs, c.a.http.list_limit_max);
  auto counts = std::make_shared<by_state>();
  walk_jobs(
    c.a, std::move(*seat), std::move(*r), jobs_counted_max,
    [counts](const job_record& j) { ++(*counts)[static_cast<size_t>(j.state)]; },
    reply_to<walk_end>(to, [counts](walk_end& end) { return counts_answer(*counts, end); }));
  return std::nullopt;
}

} // namespace callboard
