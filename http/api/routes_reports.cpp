#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/report_text.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <utility>

namespace callboard {

namespace {

/// The last days that a report has when nobody says which.
constexpr std::chrono::days usual_days{30};

result<std::optional<report_day>> day_of(const parsed_target& t, const std::string& name) {
  const auto* v = t.find(name);
  if (v == nullptr)
    return std::optional<report_day>{};
  const auto day = parse_report_day(*v);
  if (!day)
    return error{ec::invalid_value,
                 name + " must be a day in UTC such as 2026-01-15, not " + shown(std::string_view{*v}), name};
  return std::optional{*day};
}

result<done> read_days(const request_context& c, report_query& q) {
  const auto from = day_of(c.target, "from"), to = day_of(c.target, "to");
  if (!from || !to)
    return from ? to.err() : from.err();
  const auto today = std::chrono::floor<std::chrono::days>(c.a.clock());
  q.to = to->value_or(std::max(today, from->value_or(today)));
  q.from = from->value_or(q.to - usual_days + std::chrono::days{1});
  if (q.to < q.from)
    return error{ec::invalid_value, "from must not be behind to", "from"};
  if ((q.to - q.from).count() >= http_limits::report_days_max)
    return error{ec::out_of_range,
                 "a report may have " + std::to_string(http_limits::report_days_max) +
                   " days at most: let from and to be closer together",
                 "from"};
  return done{};
}

result<done> read_name(const request_context& c, report_query& q) {
  for (const auto kind : {report_kind::type, report_kind::queue, report_kind::tag, report_kind::tenant}) {
    const std::string name{to_string(kind)};
    const auto* v = c.target.find(name);
    if (v == nullptr)
      continue;
    const auto bytes_max =
      kind == report_kind::type ? name_bytes_max(name_kind::job_type) : size_t{c.a.jobs.tag_bytes_max};
    auto text = read_text(std::string_view{*v}, name, bytes_max);
    if (!text)
      return std::move(text).err();
    if (q.kind != report_kind::all && q.kind != kind)
      return error{ec::invalid_value,
                   "statistics are kept of one type, queue, tag or tenant at a time, not of combinations: with " +
                     std::string{to_string(q.kind)} + ", " + name +
                     " is not allowed; by=day and by=code go with one of "
                     "them, by=" +
                     name + " with none or with " + name,
                   name};
    q.kind = kind;
    q.name = std::move(*text);
  }
  return done{};
}

result<report_query> read_report_query(const request_context& c) {
  report_query q;
  if (const auto* v = c.target.find("by")) {
    const auto by = parse_report_by(*v);
    if (!by)
      return error{ec::invalid_value,
                   "by must be day, type, queue, tag, tenant or code, not " + shown(std::string_view{*v}), "by"};
    q.by = *by;
  }
  // Rows of a kind are told by their names.
  if (q.by != report_by::day && q.by != report_by::code)
    q.kind = *parse_report_kind(to_string(q.by));
  if (auto ok = read_name(c, q); !ok)
    return std::move(ok).err();
  if (auto ok = read_days(c, q); !ok)
    return std::move(ok).err();
  return q;
}

/// Whether comma-separated values are asked for.
result<bool> read_format(const parsed_target& t) {
  const auto* v = t.find("format");
  if (v == nullptr || *v == "json")
    return false;
  if (*v == "csv")
    return true;
  return error{ec::invalid_value, "format must be json or csv, not " + shown(std::string_view{*v}), "format"};
}

http_response csv_answer(std::string text) {
  http_response r;
  r.content_type = content_csv;
  r.body = std::move(text);
  return r;
}

struct report_form {
  bool csv = false;
  size_t rows_max = 0;
};

result<report_form> read_form(const request_context& c) {
  const auto csv = read_format(c.target);
  if (!csv)
    return csv.err();
  const auto limit = read_limit(c.target, c.a.http.list_limit_max, c.a.http.list_limit_max);
  if (!limit)
    return limit.err();
  return report_form{*csv, *limit};
}

std::optional<http_response> report_jobs(const request_context& c, const responder& to) {
  auto q = read_report_query(c);
  if (!q)
    return failed(std::move(q).err());
  const auto form = read_form(c);
  if (!form)
    return failed(form.err());
  c.a.back.report(std::move(*q),
                  reply_to<report_answer>(to, [form = *form, enabled = c.a.reports.enabled](report_answer& r) {
                    if (form.csv)
                      return csv_answer(report_csv(r, form.rows_max));
                    return json_answer(200, [&](json_writer& w) { write_report(w, r, enabled, form.rows_max); });
                  }));
  return std::nullopt;
}

std::optional<http_response> report_reservations(const request_context& c, const responder& to) {
  report_query q;
  q.by = report_by::type;
  q.kind = report_kind::type;
  if (auto ok = read_days(c, q); !ok)
    return failed(std::move(ok).err());
  const auto form = read_form(c);
  if (!form)
    return failed(form.err());
  c.a.back.report(std::move(q),
                  reply_to<report_answer>(to, [form = *form, enabled = c.a.reports.enabled](report_answer& r) {
                    if (form.csv)
                      return csv_answer(reservations_csv(r, form.rows_max));
                    return json_answer(200, [&](json_writer& w) { write_reservations(w, r, enabled, form.rows_max); });
                  }));
  return std::nullopt;
}

} // namespace

void add_report_routes(std::vector<route>& table) {
  table.push_back({http_method::get,
                   "/api/reports/jobs",
                   body_kind::none,
                   report_jobs,
                   {"by", "from", "to", "type", "queue", "tag", "tenant", "limit", "format"}});
  table.push_back({http_method::get,
                   "/api/reports/reservations",
                   body_kind::none,
                   report_reservations,
                   {"from", "to", "limit", "format"}});
}

} // namespace callboard
