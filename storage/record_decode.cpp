#include "storage/record_codec.hpp"
#include "storage/record_format_3.hpp"
#include "storage/record_parts.hpp"

namespace callboard {

namespace {

/// Calls `take(tag, reader)` for each section; it returns false for a tag that it does not know. Returns the first odd
/// one of those, or 0.
template <class Take>
uint64_t read_sections(byte_reader& r, Take&& take) {
  uint64_t last = 0;
  while (r.left() > 0) {
    const auto tag = r.varint();
    byte_reader content{r.text()};
    if (tag <= last)
      r.fail();
    if (!r.ok())
      return 0;
    last = tag;
    if (take(tag, content)) {
      if (!content.finished())
        r.fail();
    } else if (tag % 2 == 1) {
      return tag;
    }
  }
  return 0;
}

void read_condition(byte_reader& s, dependency& d) {
  const unsigned bits = s.u8();
  const auto ended = bits >> 2u & 7u;
  if (ended > static_cast<unsigned>(job_ending::skipped) || bits >= 64u)
    s.fail();
  else
    d.ended = static_cast<job_ending>(ended);
  d.on = static_cast<dependency_condition>(bits & 3u);
  d.began = (bits & 32u) != 0;
}

void read_conditions(byte_reader& s, prerequisites& p) {
  p.rule = s.enumerator(dependency_rule::none_failed);
  if (s.left() != p.jobs.size())
    s.fail();
  for (auto& d : p.jobs)
    read_condition(s, d);
}

bool read_flag(byte_reader& r) {
  const auto flag = r.u8();
  if (flag > 1)
    r.fail();
  return flag == 1;
}

job_hold read_hold(byte_reader& r, time_point created_at) {
  job_hold h;
  h.held = read_flag(r);
  h.at = r.time_from(created_at);
  h.reason = r.text();
  return h;
}

unique_rule read_unique(byte_reader& s, time_point created_at) {
  unique_rule u;
  u.scope = s.enumerator(unique_scope::running);
  u.conflict = s.enumerator(on_unique_conflict::debounce);
  u.window = duration{static_cast<int64_t>(s.varint())};
  u.key = s.text();
  if (u.conflict == on_unique_conflict::debounce) {
    u.quiet = duration{static_cast<int64_t>(s.varint())};
    u.quiet_max = duration{static_cast<int64_t>(s.varint())};
    const auto since = s.time_from(created_at);
    if (since != created_at)
      u.since = since;
  }
  return u;
}

void read_preemption(byte_reader& s, index_fields& f) {
  const unsigned flags = s.u8();
  if (flags == 0 || flags > 3)
    s.fail();
  f.preempts = (flags & 1u) != 0;
  if ((flags & 2u) != 0)
    f.preemptible_after = duration{unzigzag(s.varint())};
}

uint64_t read_front(byte_reader& r, index_fields& f) {
  f.retry_count = r.varint32();
  f.loss_count = r.varint32();
  f.attempt = r.varint32();
  f.type = r.text();
  f.queue = r.text();
  return read_sections(r, [&](uint64_t tag, byte_reader& s) {
    switch (tag) {
    case front_tag::schedule_at:
      f.schedule_at = s.time_from(f.created_at);
      return true;
    case front_tag::deadline:
      f.deadline = s.time_from(f.created_at);
      return true;
    case front_tag::retry_at:
      f.retry_at = s.time_from(f.created_at);
      return true;
    case front_tag::idempotency_key:
      f.idempotency_key = s.rest();
      return true;
    case front_tag::dependencies:
      f.waits_for.jobs.reserve(s.left() / 8);
      while (s.ok() && s.left() > 0)
        f.waits_for.jobs.emplace_back(job_id{s.fixed64()});
      return true;
    case front_tag::resources:
      f.resources = read_resources(s);
      return true;
    case front_tag::conditions:
      read_conditions(s, f.waits_for);
      return true;
    case front_tag::unique:
      f.unique = read_unique(s, f.created_at);
      return true;
    case front_tag::concurrency_key:
      f.concurrency_key = s.rest();
      return true;
    case front_tag::on_miss:
      f.on_miss = s.enumerator(deadline_action::promote);
      return true;
    case front_tag::type_version:
      f.resources.type_version = s.rest();
      return true;
    case front_tag::payload_bytes:
      f.payload_bytes = s.varint32();
      f.of_workflow = s.left() > 0 && read_flag(s);
      return true;
    case front_tag::preemption:
      read_preemption(s, f);
      return true;
    case front_tag::held:
      f.hold = read_hold(s, f.created_at);
      return true;
    default:
      return false;
    }
  });
}

void read_policy(byte_reader& r, job_spec& spec) {
  spec.timeout = duration{unzigzag(r.varint())};
  spec.max_retries = r.varint32();
  spec.retry.kind = r.enumerator(backoff::exponential);
  spec.retry.jitter = read_flag(r);
  spec.retry.base = duration{unzigzag(r.varint())};
  spec.retry.cap = duration{unzigzag(r.varint())};
}

schedule_origin read_origin(byte_reader& r, time_point created_at) {
  schedule_origin o;
  o.name = r.text();
  o.version = r.varint32();
  o.fire = r.time_from(created_at);
  o.by_hand = read_flag(r);
  return o;
}

workflow_part read_workflow(byte_reader& r) {
  workflow_part w;
  w.id = r.text();
  w.name = r.text();
  w.key = r.text();
  w.first = read_flag(r);
  return w;
}

fan_out read_for_each(byte_reader& r) {
  fan_out f;
  f.stage = r.enumerator(fan_out_stage::element);
  f.over = r.text();
  f.path = read_texts(r);
  f.max = r.varint32();
  f.collect = read_flag(r);
  f.rule = r.enumerator(dependency_rule::none_failed);
  f.count = r.varint32();
  while (r.ok() && r.left() > 0)
    read_condition(r, f.before.emplace_back(job_id{r.fixed64()}));
  return f;
}

std::vector<failure_rule> read_failure_rules(byte_reader& r) {
  std::vector<failure_rule> rules;
  for (auto left = r.varint(); r.ok() && left > 0; --left) {
    auto& x = rules.emplace_back();
    x.code = r.text();
    x.action = r.enumerator(failure_action::snooze);
    x.wait = duration{unzigzag(r.varint())};
  }
  return rules;
}

void set_absent(job_spec& spec) {
  const auto& p = absent_policy;
  spec.timeout = p.timeout;
  spec.max_retries = p.max_retries;
  spec.retry = {p.kind, p.base, p.cap, p.jitter, no_growth_percent, 0, {}, duration{0}};
}

uint64_t read_rest(byte_reader& r, job_record& rec) {
  auto& spec = rec.spec;
  set_absent(spec);
  rec.history = read_history(r, rec.created_at);
  return read_sections(r, [&](uint64_t tag, byte_reader& s) {
    switch (tag) {
    case rest_tag::policy:
      read_policy(s, spec);
      return true;
    case rest_tag::memory_growth:
      spec.retry.memory_growth_percent = s.varint32();
      spec.retry.memory_growth_max = s.varint();
      return true;
    case rest_tag::tags:
      spec.tags = read_texts(s);
      return true;
    case rest_tag::started_at:
      rec.started_at = s.time_from(rec.created_at);
      return true;
    case rest_tag::finished_at:
      rec.finished_at = s.time_from(rec.created_at);
      return true;
    case rest_tag::worker:
      rec.worker = s.rest();
      return true;
    case rest_tag::error: {
      auto& e = rec.error.emplace();
      e.code = s.text();
      e.message = s.text();
      e.at = s.time_from(rec.created_at);
      return true;
    }
    case rest_tag::result:
      rec.result = blob{std::string{s.rest()}};
      return true;
    case rest_tag::log:
      rec.log.lines = read_texts(s);
      return true;
    case rest_tag::log_place:
      rec.log.attempt = s.varint32();
      rec.log.first = s.varint();
      return true;
    case rest_tag::usage:
      rec.usage.cpu_us = unzigzag(s.varint());
      rec.usage.peak_memory_bytes = s.varint();
      rec.ran = duration{unzigzag(s.varint())};
      return true;
    case rest_tag::origin:
      spec.origin = read_origin(s, rec.created_at);
      return true;
    case rest_tag::workflow:
      spec.workflow = read_workflow(s);
      return true;
    case rest_tag::failure_rules:
      spec.retry.rules = read_failure_rules(s);
      return true;
    case rest_tag::retry_total:
      spec.retry.total = duration{unzigzag(s.varint())};
      return true;
    case rest_tag::finish_by:
      spec.finish_by = s.time_from(rec.created_at);
      return true;
    case rest_tag::first_started_at:
      rec.first_started_at = s.time_from(rec.created_at);
      return true;
    case rest_tag::for_each:
      spec.for_each = read_for_each(s);
      return true;
    case rest_tag::checkpoint:
      rec.checkpoint = blob{std::string{s.rest()}};
      return true;
    case rest_tag::template_origin: // braces are evaluated from left to right
      spec.from_template = template_origin{std::string{s.text()}, s.varint32()};
      return true;
    case rest_tag::soft_timeout:
      spec.soft_timeout = duration{unzigzag(s.varint())};
      return true;
    case rest_tag::cached_from:
      rec.cached_from = job_id{s.fixed64()};
      return true;
    case rest_tag::cache_key:
      rec.cache_key = s.rest();
      return true;
    case rest_tag::trace:
      spec.trace = trace_context{std::string{s.text()}, std::string{s.text()}};
      return true;
    default:
      return false;
    }
  });
}

error newer(const std::string& what) {
  return {ec::wrong_version, "the record was written by a newer version of this program: it has " + what};
}
error damaged(const char* where) {
  return {ec::corrupt_record, std::string{"a job's record is damaged ("} + where + ")"};
}

struct front {
  uint8_t version = 0;
  uint8_t old_flags = 0; ///< of formats 1 and 2
  index_fields fields;
};

/// Reads up to the end of the front.
result<front> read_head(byte_reader& r) {
  front x;
  x.version = r.u8();
  if (r.ok() && x.version > record_format)
    return newer("format " + std::to_string(x.version) + ", known are formats up to " + std::to_string(record_format));
  if (x.version == 0)
    r.fail();
  auto& f = x.fields;
  if (x.version < 3) {
    f = read_old_front(r, x.version, x.old_flags);
    if (!r.ok())
      return damaged("front");
    return x;
  }
  read_identity(r, f);
  f.created_at = time_point{duration{static_cast<int64_t>(r.fixed64())}};
  byte_reader part{r.text()};
  const auto unknown = r.ok() ? read_front(part, f) : 0;
  if (!r.ok() || !part.ok())
    return damaged("front");
  if (unknown != 0)
    return newer("section " + std::to_string(unknown) + " in its front");
  return x;
}

} // namespace

result<index_fields> decode_index(std::string_view bytes) {
  byte_reader r{bytes};
  auto head = read_head(r);
  if (!head)
    return std::move(head).err();
  return std::move(head->fields);
}

result<job_record> decode_record(std::string_view bytes) {
  byte_reader r{bytes};
  auto head = read_head(r);
  if (!head)
    return std::move(head).err();
  auto& f = head->fields;
  job_record rec;
  rec.id = f.id;
  rec.state = f.state;
  rec.created_at = f.created_at;
  rec.retry_at = f.retry_at;
  rec.retry_count = f.retry_count;
  rec.loss_count = f.loss_count;
  rec.attempt = f.attempt;
  rec.spec.type = f.type;
  rec.spec.queue = f.queue;
  rec.spec.priority = f.priority;
  rec.spec.level = f.level;
  rec.spec.schedule_at = f.schedule_at;
  rec.spec.deadline = f.deadline;
  rec.spec.idempotency_key = f.idempotency_key;
  rec.spec.dependencies = std::move(f.waits_for.jobs);
  rec.spec.rule = f.waits_for.rule;
  rec.spec.unique = std::move(f.unique);
  rec.spec.concurrency_key = f.concurrency_key;
  rec.spec.on_miss = f.on_miss;
  rec.spec.preempts = f.preempts;
  rec.spec.payload_bytes = f.payload_bytes;
  rec.spec.preemptible_after = f.preemptible_after;
  rec.spec.hold = std::move(f.hold);
  rec.spec.resources = std::move(f.resources);
  uint64_t unknown = 0;
  if (head->version < 3) {
    read_old_rest(r, head->version, head->old_flags, rec);
  } else {
    byte_reader part{r.text()};
    if (r.ok())
      unknown = read_rest(part, rec);
    if (!part.ok())
      r.fail();
  }
  if (!r.finished())
    return r.ok() ? damaged("bytes behind it") : damaged("rest");
  if (unknown != 0)
    return newer("section " + std::to_string(unknown));
  return rec;
}

} // namespace callboard
