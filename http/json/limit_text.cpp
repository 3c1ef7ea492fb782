#include "http/json/limit_text.hpp"

#include "core/job/unique_lane.hpp"

namespace callboard {

namespace {

/// Null for none.
void write_bound(json_writer& w, std::string_view name, uint64_t bound) {
  w.key(name);
  if (bound != 0)
    w.number(bound);
  else
    w.raw("null");
}

void write_rate(json_writer& w, std::string_view name, const std::optional<rate_limit>& rate) {
  w.key(name);
  if (!rate) {
    w.raw("null");
    return;
  }
  w.open('{').key("jobs").number(rate->jobs).key("per").seconds(rate->period);
  w.key("burst").number(rate->burst).close('}');
}

/// Null: what the workers say. False: never.
void write_cache(json_writer& w, const std::optional<duration>& cache_for) {
  w.key("cache");
  if (!cache_for)
    w.raw("null");
  else if (*cache_for == duration{0})
    w.boolean(false);
  else
    w.open('{').key("for").seconds(*cache_for).close('}');
}

void write_objective(json_writer& w, const std::optional<queue_objective>& o) {
  constexpr double millionths = 1e6;
  w.key("objective");
  if (!o) {
    w.raw("null");
    return;
  }
  const auto share = [&](std::string_view name, uint32_t n) {
    w.key(name);
    if (n != 0)
      w.real(n / millionths);
    else
      w.raw("null");
  };
  w.open('{').key("waitSeconds");
  if (o->wait_millionths != 0)
    w.seconds(o->wait);
  else
    w.raw("null");
  share("waitShare", o->wait_millionths);
  share("successShare", o->success_millionths);
  w.key("window").seconds(o->window).close('}');
}

void write_rule_of_queue(json_writer& w, const limit_rule& r) {
  w.key("perKey");
  if (r.per_key == key_limit{}) {
    w.raw("null");
  } else {
    w.open('{');
    write_bound(w, "concurrency", r.per_key.concurrency);
    write_rate(w, "rate", r.per_key.rate);
    w.close('}');
  }
  write_bound(w, "waitingMax", r.waiting_max);
  write_bound(w, "waitingBytesMax", r.waiting_bytes_max);
  w.key("whenFull").text(r.sheds ? "shed" : "reject");
  w.key("preemption");
  if (r.preemption)
    w.open('{').key("jobs").number(r.preemption->jobs).key("per").seconds(r.preemption->period).close('}');
  else
    w.raw("null");
  write_objective(w, r.objective);
  w.key("fullAcceptsFrom");
  if (r.full_accepts_from)
    w.number(*r.full_accepts_from);
  else
    w.raw("null");
}

void write_rule(json_writer& w, const limit_rule& r, limit_kind kind) {
  w.key("paused").boolean(r.paused);
  write_bound(w, "concurrency", r.concurrency);
  write_rate(w, "rate", r.rate);
  if (kind == limit_kind::type) {
    write_rate(w, "retryRate", r.retry_rate);
    write_cache(w, r.cache_for);
    w.key("defaults").raw(r.defaults.empty() ? "{}" : r.defaults);
    w.key("redact").open('[');
    for (const auto& path : r.redact)
      w.text(path);
    w.close(']');
  } else {
    w.key("weight").number(r.weight);
  }
  if (kind == limit_kind::queue)
    write_rule_of_queue(w, r);
}

/// A concurrency key, or a unique key of jobs of which one runs at a time.
void write_key(json_writer& w, const std::string& lane_key) {
  const bool unique = is_unique_lane(lane_key);
  w.key("key").text(unique ? "unique: " + std::string{unique_key_of_lane(lane_key)} : lane_key);
  if (unique)
    w.key("unique").boolean(true);
}

} // namespace

void write_limit(json_writer& w, const limit_view& v, const queue_metrics* counted) {
  const auto kind = v.target.kind;
  w.open('{').key(kind == limit_kind::key ? "queue" : "name").text(v.target.name);
  if (kind == limit_kind::key)
    write_key(w, v.target.key);
  write_rule(w, v.rule, kind);
  if (kind == limit_kind::key)
    w.key("inherited").boolean(v.inherited);
  w.key("underWay").number(v.under_way).key("held");
  if (v.held.empty())
    w.raw("null");
  else
    w.text(v.held);
  w.key("ready").number(v.ready);
  if (kind == limit_kind::queue) {
    w.key("keys").number(v.keys);
    w.key("waiting").number(v.waiting).key("running").number(v.running).key("retrying").number(v.retrying);
    w.key("waitingJobs").number(v.waiting_jobs).key("waitingBytes").number(v.waiting_bytes);
  }
  if (kind != limit_kind::type && v.oldest_ready)
    w.key("oldestReady").time(*v.oldest_ready);
  if (kind == limit_kind::queue && v.last_processed != time_point{})
    w.key("lastProcessed").time(v.last_processed);
  if (counted != nullptr)
    w.key("failuresSinceStart").number(counted->failed);
  if (v.drains_in)
    w.key("projectedDrain").seconds(*v.drains_in);
  w.close('}');
}

} // namespace callboard
