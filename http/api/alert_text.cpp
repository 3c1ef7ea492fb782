#include "http/api/alert_text.hpp"

#include "alerts/alert_board.hpp"

namespace callboard {

namespace {

void write_time(json_writer& w, std::string_view name, const std::optional<time_point>& t) {
  w.key(name);
  if (t)
    w.time(*t);
  else
    w.raw("null");
}

void write_objective(json_writer& w, const objective_state& o) {
  w.open('{').key("queue").text(o.queue).key("objective").text(to_string(o.kind)).key("share").real(o.share);
  w.key("waitSeconds");
  if (o.kind == objective_kind::wait)
    w.seconds(o.wait);
  else
    w.raw("null");
  w.key("windowSeconds").seconds(o.window).key("burnRates").open('{');
  w.key("5m").real(o.rates.fast_short).key("30m").real(o.rates.slow_short);
  w.key("1h").real(o.rates.fast_long).key("6h").real(o.rates.slow_long).close('}').close('}');
}

} // namespace

void write_alert(json_writer& w, const alert& a, const std::vector<alert_silence>& silences) {
  const auto& row = row_of(a.rule);
  w.open('{').key("id").text(alert_id_text(a.id)).key("rule").text(row.name).key("target").text(a.target);
  w.key("severity").text(to_string(row.severity)).key("state").text(to_string(a.state)).key("since").time(a.since);
  write_time(w, "firedAt", a.fired_at);
  write_time(w, "resolvedAt", a.resolved_at);
  w.key("value").real(a.value).key("threshold").real(a.threshold).key("unit").text(row.unit);
  w.key("summary").text(summary_of(a)).key("advice").text(row.advice).key("ack");
  if (a.ack)
    w.open('{').key("by").text(a.ack->by).key("at").time(a.ack->at).key("comment").text(a.ack->comment).close('}');
  else
    w.raw("null");
  w.key("silence");
  const auto* s = a.state == alert_state::resolved ? nullptr : silence_of(silences, a);
  if (s != nullptr)
    w.text(silence_id_text(s->id));
  else
    w.raw("null");
  w.key("notified").boolean(a.notified).close('}');
}

void write_silence(json_writer& w, const alert_silence& s) {
  w.open('{').key("id").text(silence_id_text(s.id)).key("rule");
  if (s.rule)
    w.text(to_string(*s.rule));
  else
    w.raw("null");
  w.key("target");
  if (s.target)
    w.text(*s.target);
  else
    w.raw("null");
  w.key("until").time(s.until).key("createdAt").time(s.created_at);
  w.key("by").text(s.by).key("comment").text(s.comment).close('}');
}

void write_alerts(json_writer& w, const alert_view& v, std::optional<alert_state> only, bool enabled) {
  size_t count = 0;
  w.open('{').key("alerts").open('[');
  for (const auto& a : v.alerts)
    if (!only || *only == a.state) {
      write_alert(w, a, v.silences);
      ++count;
    }
  w.close(']').key("count").number(count).key("objectives").open('[');
  for (const auto& o : v.objectives)
    write_objective(w, o);
  w.close(']').key("enabled").boolean(enabled);
  write_time(w, "evaluatedAt", v.looked_at);
  w.close('}');
}

} // namespace callboard
