#include "http/api/alert_text.hpp"
#include "http/api/answer.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/limits.hpp"

#include <array>
#include <utility>

#include "alerts/alert_board.hpp"

namespace callboard {

namespace {

http_response nobody_looks() {
  return failed({ec::not_found, "this scheduler has no alerts"});
}

/// Who acts, as far as it is known.
std::string author(const request_context& c) {
  return c.request.claimed_by.empty() ? c.request.address : c.request.claimed_by;
}

result<std::string> comment_of(flat_object& body) {
  const auto* v = body.find("comment");
  if (v == nullptr || (v->is == json_scalar::type::text && v->text->empty()))
    return std::string{};
  return read_text(*v, "comment", http_limits::alert_comment_bytes_max);
}

/// Every rule, for a message.
std::string all_rules() {
  std::vector<std::string> names;
  for (size_t i = 0; i < alert_rule_count; ++i)
    names.emplace_back(to_string(static_cast<alert_rule>(i)));
  return joined(names);
}

result<alert_rule> read_rule(const json_scalar& v) {
  if (v.is == json_scalar::type::text)
    if (const auto rule = parse_alert_rule(*v.text))
      return *rule;
  return error{ec::invalid_value, "rule must be one of " + all_rules() + ", not " + shown(v), "rule"};
}

/// What an alert may be about; empty for the scheduler as a whole.
result<std::string> read_target(const json_scalar& v) {
  if (v.is == json_scalar::type::text && v.text->empty())
    return std::string{};
  auto text = read_text(v, "target", http_limits::alert_target_bytes_max);
  if (!text)
    return text;
  for (const std::string_view kind : {"queue/", "type/", "certificate/"})
    if (text->starts_with(kind) && text->size() > kind.size())
      return text;
  return error{ec::invalid_value,
               "target must be queue/NAME, type/NAME, certificate/NAME, or empty for the scheduler as a whole, not " +
                 shown(v),
               "target"};
}

struct new_silence {
  alert_silence silence;
  duration lasts;
};

result<new_silence> read_silence(const request_context& c) {
  static constexpr std::array<std::string_view, 4> known{"rule", "target", "for", "comment"};
  auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
  if (!body)
    return std::move(body).err();
  new_silence s;
  if (const auto* v = body->find("rule")) {
    const auto rule = read_rule(*v);
    if (!rule)
      return rule.err();
    s.silence.rule = *rule;
  }
  if (const auto* v = body->find("target")) {
    auto target = read_target(*v);
    if (!target)
      return std::move(target).err();
    s.silence.target = std::move(*target);
  }
  if (!s.silence.rule && !s.silence.target)
    return error{ec::missing_field,
                 "rule or target is required: a silence that fits every alert would hide what is new", "rule"};
  const auto* lasts = body->find("for");
  if (lasts == nullptr)
    return error{ec::missing_field, "for is required: the seconds that the silence lasts", "for"};
  const auto time = read_seconds(*lasts, "for", std::chrono::milliseconds{1}, http_limits::silence_max);
  if (!time)
    return time.err();
  s.lasts = *time;
  auto comment = comment_of(*body);
  if (!comment)
    return std::move(comment).err();
  s.silence.comment = std::move(*comment);
  s.silence.by = author(c);
  return s;
}

std::optional<http_response> list(const request_context& c, const responder&) {
  if (!c.a.alerts)
    return nobody_looks();
  std::optional<alert_state> only;
  if (const auto* v = c.target.find("state")) {
    only = parse_alert_state(*v);
    if (!only)
      return failed(
        {ec::invalid_value, "state must be pending, firing or resolved, not " + shown(std::string_view{*v}), "state"});
  }
  const auto view = c.a.alerts->view();
  return json_answer(200, [&](json_writer& w) { write_alerts(w, *view, only, c.a.alerts_enabled); });
}

std::optional<http_response> acknowledge(const request_context& c, const responder& to) {
  if (!c.a.alerts)
    return nobody_looks();
  const auto id = parse_alert_id(c.param);
  if (!id)
    return failed({ec::not_found, "there is no alert " + shown(std::string_view{c.param}), "id"});
  alert_ack ack{author(c), c.a.clock(), {}};
  if (!c.request.body.empty()) {
    static constexpr std::array<std::string_view, 1> known{"comment"};
    auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
    if (!body)
      return failed(std::move(body).err());
    auto comment = comment_of(*body);
    if (!comment)
      return failed(std::move(comment).err());
    ack.comment = std::move(*comment);
  }
  c.a.aside([to, id = *id, ack = std::move(ack), board = c.a.alerts] {
    auto done = board->acknowledge(id, ack);
    to([done = std::move(done), view = board->view()] {
      return done ? json_answer(200, [&](json_writer& w) { write_alert(w, *done, view->silences); })
                  : failed(done.err());
    });
  });
  return std::nullopt;
}

http_response silence_answer(int status, const result<alert_silence>& s) {
  return s ? json_answer(status, [&](json_writer& w) { write_silence(w, *s); }) : failed(s.err());
}

std::optional<http_response> add_silence(const request_context& c, const responder& to) {
  if (!c.a.alerts)
    return nobody_looks();
  auto wanted = read_silence(c);
  if (!wanted)
    return failed(std::move(wanted).err());
  const auto now = c.a.clock();
  wanted->silence.until = now + wanted->lasts;
  c.a.aside([to, now, s = std::move(wanted->silence), board = c.a.alerts] {
    auto done = board->silence(s, {now, {}}); // only the time of day matters here
    to([done = std::move(done)] { return silence_answer(201, done); });
  });
  return std::nullopt;
}

std::optional<http_response> list_silences(const request_context& c, const responder&) {
  if (!c.a.alerts)
    return nobody_looks();
  const auto view = c.a.alerts->view();
  const auto now = c.a.clock();
  return json_answer(200, [&](json_writer& w) {
    size_t count = 0;
    w.open('{').key("silences").open('[');
    for (const auto& s : view->silences)
      if (s.until > now) {
        write_silence(w, s);
        ++count;
      }
    w.close(']').key("count").number(count).close('}');
  });
}

std::optional<http_response> end_silence(const request_context& c, const responder& to) {
  if (!c.a.alerts)
    return nobody_looks();
  const auto id = parse_silence_id(c.param);
  if (!id)
    return failed({ec::not_found, "there is no silence " + shown(std::string_view{c.param}), "id"});
  c.a.aside([to, id = *id, board = c.a.alerts] {
    auto done = board->end_silence(id);
    to([done = std::move(done)] { return silence_answer(200, done); });
  });
  return std::nullopt;
}

} // namespace

void add_alert_routes(std::vector<route>& table) {
  table.push_back({http_method::get, "/api/alerts", body_kind::none, list, {"state"}});
  table.push_back({http_method::get, "/api/alerts/silences", body_kind::none, list_silences});
  table.push_back({http_method::post,
                   "/api/alerts/silences",
                   body_kind::json,
                   add_silence,
                   {},
                   {"alert.silence", act_values::answer}});
  table.push_back({http_method::delete_,
                   "/api/alerts/silences/{}",
                   body_kind::none,
                   end_silence,
                   {},
                   {"alert.unsilence", act_values::answer}});
  table.push_back({http_method::post,
                   "/api/alerts/{}/ack",
                   body_kind::json_optional,
                   acknowledge,
                   {},
                   {"alert.ack", act_values::answer}});
}

} // namespace callboard
