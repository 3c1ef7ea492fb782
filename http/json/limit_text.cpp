#include "http/json/limit_text.hpp"

namespace callboard {

namespace {

void write_rule(json_writer& w, const limit_rule& r, limit_kind kind) {
  w.key("paused").boolean(r.paused).key("concurrency");
  if (r.concurrency != 0)
    w.number(r.concurrency);
  else
    w.raw("null");
  w.key("rate");
  if (r.rate)
    w.open('{')
      .key("jobs")
      .number(r.rate->jobs)
      .key("per")
      .seconds(r.rate->period)
      .key("burst")
      .number(r.rate->burst)
      .close('}');
  else
    w.raw("null");
  if (kind == limit_kind::queue)
    w.key("weight").number(r.weight);
}

} // namespace

void write_limit(json_writer& w, const limit_view& v) {
  w.open('{').key("name").text(v.name);
  write_rule(w, v.rule, v.kind);
  w.key("underWay").number(v.under_way).key("held");
  if (v.held.empty())
    w.raw("null");
  else
    w.text(v.held);
  w.key("ready").number(v.ready);
  if (v.kind == limit_kind::queue) {
    w.key("waiting").number(v.waiting).key("running").number(v.running).key("retrying").number(v.retrying);
    if (v.oldest_ready)
      w.key("oldestReady").time(*v.oldest_ready);
    if (v.last_processed != time_point{})
      w.key("lastProcessed").time(v.last_processed);
  }
  w.close('}');
}

} // namespace callboard
