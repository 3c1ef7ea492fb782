#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/job_query.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/job_text.hpp"
#include "http/json/log_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

struct export_request {
  ended_query query;
  bool log = false;
};

result<done> read_place(const parsed_target& t, ended_query& q) {
  const auto *after = t.find("after"), *from = t.find("from");
  if (after != nullptr && from != nullptr)
    return error{ec::invalid_value, "give after or from, not both: a cursor goes on where an earlier answer ended",
                 "from"};
  if (after != nullptr) {
    const auto cursor = parse_ended_cursor(*after);
    if (!cursor)
      return error{ec::invalid_value,
                   "after must be the Callboard-Next of an earlier answer, not " + shown(std::string_view{*after}),
                   "after"};
    q.after = *cursor;
  }
  if (from != nullptr) {
    // The plus of an offset is a space in a query, unless the client escaped it.
    auto spelled = *from;
    std::replace(spelled.begin(), spelled.end(), ' ', '+');
    const auto time = read_time(std::string_view{spelled}, "from");
    if (!time)
      return time.err();
    q.from = *time;
  }
  return done{};
}

result<done> read_filter(const request_context& c, ended_query& q) {
  for (const auto& [name, into, bytes_max] : {std::tuple{"type", &q.type, name_bytes_max(name_kind::job_type)},
                                              {"queue", &q.queue, size_t{c.a.jobs.tag_bytes_max}},
                                              {"tag", &q.tag, size_t{c.a.jobs.tag_bytes_max}}})
    if (const auto* v = c.target.find(name)) {
      auto text = read_text(std::string_view{*v}, name, bytes_max);
      if (!text)
        return std::move(text).err();
      *into = std::move(*text);
    }
  if (const auto* v = c.target.find("status")) {
    const auto state = parse_job_state(*v);
    if (!state || !is_terminal(*state))
      return error{ec::unknown_status,
                   "status must be completed, failed or cancelled, not " + shown(std::string_view{*v}), "status"};
    q.state = *state;
  }
  return done{};
}

result<done> read_include(const parsed_target& t, export_request& r) {
  const auto* v = t.find("include");
  if (v == nullptr)
    return done{};
  for (std::string_view rest = *v;;) {
    const auto comma = rest.find(',');
    const auto name = rest.substr(0, comma);
    if (name == "payload")
      r.query.payload = true;
    else if (name == "result")
      r.query.result = true;
    else if (name == "log")
      r.log = true;
    else
      return error{ec::invalid_value, "include must name some of payload, result and log, not " + shown(name),
                   "include"};
    if (comma == std::string_view::npos)
      return done{};
    rest.remove_prefix(comma + 1);
  }
}

result<export_request> read_export(const request_context& c) {
  export_request r;
  for (auto ok : {read_place(c.target, r.query), read_filter(c, r.query), read_include(c.target, r)})
    if (!ok)
      return std::move(ok).err();
  const auto max = c.a.http.list_limit_max;
  const auto limit = read_limit(c.target, max, max);
  if (!limit)
    return limit.err();
  r.query.limit = *limit;
  r.query.examine_max = http_limits::export_examined_max;
  r.query.bytes_max = c.a.http.list_bytes_max;
  return r;
}

/// A job as `GET /api/jobs/{id}` shows it, with its log as a member more.
void append_job(std::string& out, const job_record& job, const job_parts& parts, bool log,
                const redaction_book& hidden) {
  json_writer w{out};
  write_job(w, job, parts, hidden);
  if (log) {
    out.pop_back(); // the brace at the end
    out += ",\"log\":";
    json_writer lines{out};
    write_log(lines, job, {}, hidden);
    out += '}';
  }
  out += '\n';
}

std::optional<http_response> export_jobs(const request_context& c, const responder& to) {
  auto r = read_export(c);
  if (!r)
    return failed(std::move(r).err());
  const job_parts parts{.payload = r->query.payload, .result = r->query.result, .checkpoint = r->query.payload};
  c.a.back.ended(std::move(r->query),
                 reply_to<ended_page>(to, [parts, log = r->log, hidden = c.a.redactions](ended_page& page) {
                   http_response answer;
                   answer.content_type = content_json_lines;
                   for (const auto& job : page.jobs)
                     append_job(answer.body, job, parts, log, *hidden);
                   answer.headers.emplace_back("Callboard-Next", to_string(page.next));
                   answer.headers.emplace_back("Callboard-Complete", page.complete ? "true" : "false");
                   return answer;
                 }));
  return std::nullopt;
}

} // namespace

void add_export_routes(std::vector<route>& table) {
  table.push_back({http_method::get,
                   "/api/export/jobs",
                   body_kind::none,
                   export_jobs,
                   {"after", "from", "limit", "type", "queue", "tag", "status", "include"}});
}

} // namespace callboard
