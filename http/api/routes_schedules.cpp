#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/name_page.hpp"
#include "http/api/routes.hpp"
#include "http/api/schedule_template.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/job_text.hpp"
#include "http/json/schedule_text.hpp"

#include <functional>
#include <limits>

namespace callboard {

namespace {

/// The schedule as it is then.
reply<schedule_view> whole_schedule(const api& a, const responder& to, int status = 200) {
  return reply_to<schedule_view>(to, [hidden = a.redactions, status](schedule_view& v) {
    return json_answer(status, [&](json_writer& w) { write_schedule(w, v, true, *hidden); });
  });
}

/// What has no such name does not exist.
result<std::string> read_name(const request_context& c) {
  if (is_name(name_kind::schedule, c.param))
    return c.param;
  return error{ec::unknown_schedule,
               "there is no schedule " + shown(std::string_view{c.param}) + "; " + name_rule(name_kind::schedule)};
}

/// Reads the schedule, with the job of a template where one is named, and hands it on.
/// @param name  as of `parse_schedule`.
std::optional<http_response> with_schedule(const request_context& c, const responder& to, schedule_use use,
                                           const std::string& name, std::function<void(schedule_definition)> hand_on) {
  auto wish = read_schedule_template(c.a, c.request.body);
  if (!wish)
    return failed(std::move(wish).err());
  if (*wish) {
    read_schedule_of_template(c.a, std::move(**wish), use, name, [to, hand_on](result<schedule_definition> d) {
      if (!d)
        return to([e = std::move(d).err()] { return failed(e); });
      hand_on(std::move(*d));
    });
    return std::nullopt;
  }
  auto s = parse_schedule(c.a, c.request.body, use, name);
  if (!s)
    return failed(std::move(s).err());
  hand_on(std::move(s->definition));
  return std::nullopt;
}

std::optional<http_response> create(const request_context& c, const responder& to) {
  return with_schedule(c, to, schedule_use::create, {}, [&a = c.a, to](schedule_definition d) {
    a.back.put_schedule(std::move(d), true, std::nullopt, whole_schedule(a, to, 201));
  });
}

std::optional<http_response> replace(const request_context& c, const responder& to) {
  if (!is_name(name_kind::schedule, c.param))
    return failed(
      {ec::invalid_value, name_rule(name_kind::schedule) + ", not " + shown(std::string_view{c.param}), "name"});
  std::optional<uint32_t> version;
  if (const auto* v = c.target.find("ifVersion")) {
    const auto n = read_integer(std::string_view{*v}, "ifVersion", 1, std::numeric_limits<uint32_t>::max());
    if (!n)
      return failed(n.err());
    version = *n;
  }
  return with_schedule(c, to, schedule_use::replace, c.param, [&a = c.a, to, version](schedule_definition d) {
    a.back.put_schedule(std::move(d), false, version, whole_schedule(a, to));
  });
}

std::optional<http_response> preview(const request_context& c, const responder&) {
  const auto wish = read_schedule_template(c.a, c.request.body);
  if (!wish || *wish)
    return failed(
      wish ? error{ec::invalid_value, "template is not for a preview, which needs no job; leave it out", "template"}
           : wish.err());
  const auto s = parse_schedule(c.a, c.request.body, schedule_use::preview, {});
  if (!s)
    return failed(s.err());
  const auto& d = s->definition;
  std::vector<time_point> times;
  for (auto t = next_fire(d.rules, s->from); t && times.size() < s->count; t = next_fire(d.rules, *t))
    times.push_back(*t + jitter_of(d.rules, d.name, *t));
  return json_answer(200, [&](json_writer& w) {
    w.open('{');
    write_fire_times(w, times, d.rules);
    w.key("count").number(times.size()).close('}');
  });
}

std::optional<http_response> list_schedules(const request_context& c, const responder& to) {
  auto page = read_name_page(c, [](auto text) { return is_name(name_kind::schedule, text); });
  if (!page)
    return failed(std::move(page).err());
  c.a.back.schedules(std::move(page->after), page->limit,
                     reply_to<schedule_page>(to, [hidden = c.a.redactions](schedule_page& p) {
                       return name_page_answer("schedules", p.schedules, p.next,
                                               [&](auto& w, const auto& s) { write_schedule(w, s, false, *hidden); });
                     }));
  return std::nullopt;
}

std::optional<http_response> show(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.schedule(std::move(*name), whole_schedule(c.a, to));
  return std::nullopt;
}

std::optional<http_response> remove(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.remove_schedule(std::move(*name), whole_schedule(c.a, to));
  return std::nullopt;
}

template <bool Paused>
std::optional<http_response> pause(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  c.a.back.pause_schedule(std::move(*name), Paused, whole_schedule(c.a, to));
  return std::nullopt;
}

std::optional<http_response> run_now(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  if (!c.request.idempotency_key.empty())
    return failed({ec::invalid_value,
                   "the Idempotency-Key header goes with a submit; each run of a schedule by hand is a job of its own",
                   "Idempotency-Key"});
  c.a.back.run_schedule(std::move(*name), reply_to<submit_answer>(to, [](submit_answer& a) {
                          return json_answer(201, [&](json_writer& w) { write_submit_answer(w, a); });
                        }));
  return std::nullopt;
}

std::optional<http_response> history(const request_context& c, const responder& to) {
  auto name = read_name(c);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.schedule_history(std::move(*name),
                            reply_to<schedule_versions>(to, [hidden = c.a.redactions](schedule_versions& all) {
                              return json_answer(200, [&](json_writer& w) {
                                w.open('{').key("versions").open('[');
                                for (const auto& d : all.versions)
                                  write_schedule_version(w, *d, *hidden);
                                w.close(']').close('}');
                              });
                            }));
  return std::nullopt;
}

} // namespace

void add_schedule_routes(std::vector<route>& table) {
  constexpr std::string_view one = "/api/schedules/{}";
  table.push_back({http_method::get, "/api/schedules", body_kind::none, list_schedules, {"cursor", "limit"}});
  table.push_back(
    {http_method::post, "/api/schedules", body_kind::json, create, {}, {"schedule.put", act_values::answer}});
  table.push_back({http_method::post, "/api/schedules/preview", body_kind::json, preview});
  table.push_back({http_method::get, "/api/schedules/{}", body_kind::none, show});
  table.push_back({http_method::put,
                   "/api/schedules/{}",
                   body_kind::json,
                   replace,
                   {"ifVersion"},
                   {"schedule.put", act_values::before_and_after, one}});
  table.push_back({http_method::delete_,
                   "/api/schedules/{}",
                   body_kind::none,
                   remove,
                   {},
                   {"schedule.remove", act_values::before, one}});
  table.push_back({http_method::post,
                   "/api/schedules/{}/pause",
                   body_kind::json_optional,
                   pause<true>,
                   {},
                   {"schedule.pause", act_values::before_and_after, one}});
  table.push_back({http_method::post,
                   "/api/schedules/{}/resume",
                   body_kind::json_optional,
                   pause<false>,
                   {},
                   {"schedule.resume", act_values::before_and_after, one}});
  table.push_back({http_method::post,
                   "/api/schedules/{}/run",
                   body_kind::json_optional,
                   run_now,
                   {},
                   {"schedule.run", act_values::answer}});
  table.push_back({http_method::get, "/api/schedules/{}/history", body_kind::none, history});
}

} // namespace callboard
