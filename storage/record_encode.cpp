#include "core/job/job_life.hpp"
#include "core/job/prerequisites.hpp"
#include "storage/byte_io.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_format_3.hpp"

namespace callboard {

namespace {

stored_policy policy_of(const job_spec& s) {
  return {s.timeout, s.max_retries, s.retry.kind, s.retry.jitter, s.retry.base, s.retry.cap};
}

/// Enough for almost every record, so that encoding allocates once; a record that needs more grows the string.
size_t size_estimate(const job_record& rec) {
  constexpr size_t numbers = 192;
  constexpr size_t per_text = 4;
  constexpr size_t per_history = 16;
  const auto& spec = rec.spec;
  size_t n = numbers + spec.type.size() + spec.queue.size() + spec.idempotency_key.size() + rec.worker.size() +
             rec.result.size() + rec.checkpoint.size() + 8 * spec.dependencies.size();
  for (const auto& tag : spec.tags)
    n += per_text + tag.size();
  if (rec.error)
    n += per_history + rec.error->code.size() + rec.error->message.size();
  for (const auto& line : rec.log.lines)
    n += per_text + line.size();
  for (const auto& h : rec.history)
    n += per_history + h.worker.size() + h.reason.size();
  return n;
}

template <class Write>
void section(byte_writer& w, uint64_t tag, bool present, Write&& write) {
  if (!present)
    return;
  w.varint(tag);
  w.sized(write);
}

void time_section(byte_writer& w, uint64_t tag, time_point base, const std::optional<time_point>& t) {
  section(w, tag, t.has_value(), [&](byte_writer& s) { s.time_from(base, *t); });
}

/// The length of the section is that of the text.
void text_section(byte_writer& w, uint64_t tag, std::string_view text) {
  if (text.empty())
    return;
  w.varint(tag);
  w.text(text);
}

void write_resources(byte_writer& w, const resource_request& r) {
  w.varint(r.slots);
  w.varint(r.cpu_milli);
  w.varint(r.memory_bytes);
  w.varint(r.named.size());
  for (const auto& [name, units] : r.named) {
    w.text(name);
    w.varint(units);
  }
  w.varint(r.labels.size());
  for (const auto& [name, value] : r.labels) {
    w.text(name);
    w.text(value);
  }
}

void write_texts(byte_writer& w, const std::vector<std::string>& texts) {
  w.varint(texts.size());
  for (const auto& t : texts)
    w.text(t);
}

/// [1] of `conditions`
uint8_t condition_byte(const dependency& d) {
  return static_cast<uint8_t>(static_cast<unsigned>(d.on) | static_cast<unsigned>(d.ended) << 2u |
                              (d.began ? 32u : 0u));
}

void write_for_each(byte_writer& w, const fan_out& f) {
  w.u8(static_cast<uint8_t>(f.stage));
  w.text(f.over);
  write_texts(w, f.path);
  w.varint(f.max);
  w.u8(f.collect ? 1 : 0);
  w.u8(static_cast<uint8_t>(f.rule));
  w.varint(f.count);
  for (const auto& d : f.before) {
    w.fixed64(d.job.value);
    w.u8(condition_byte(d));
  }
}

void write_front(byte_writer& w, const job_record& rec) {
  const auto& spec = rec.spec;
  w.varint(rec.retry_count);
  w.varint(rec.loss_count);
  w.varint(rec.attempt);
  w.text(spec.type);
  w.text(spec.queue);
  time_section(w, front_tag::schedule_at, rec.created_at, spec.schedule_at);
  time_section(w, front_tag::deadline, rec.created_at, spec.deadline);
  time_section(w, front_tag::retry_at, rec.created_at, rec.retry_at);
  text_section(w, front_tag::idempotency_key, spec.idempotency_key);
  section(w, front_tag::dependencies, !spec.dependencies.empty(), [&](byte_writer& s) {
    for (const auto& d : spec.dependencies)
      s.fixed64(d.job.value);
  });
  section(w, front_tag::resources, !spec.resources.is_plain(),
          [&](byte_writer& s) { write_resources(s, spec.resources); });
  section(w, front_tag::conditions, is_conditional(spec.rule, spec.dependencies), [&](byte_writer& s) {
    s.u8(static_cast<uint8_t>(spec.rule));
    for (const auto& d : spec.dependencies)
      s.u8(condition_byte(d));
  });
  section(w, front_tag::unique, spec.unique.has_value(), [&](byte_writer& s) {
    s.u8(static_cast<uint8_t>(spec.unique->scope));
    s.u8(static_cast<uint8_t>(spec.unique->conflict));
    s.varint(static_cast<uint64_t>(spec.unique->window.count()));
    s.text(spec.unique->key);
    if (spec.unique->conflict == on_unique_conflict::debounce) {
      s.varint(static_cast<uint64_t>(spec.unique->quiet.count()));
      s.varint(static_cast<uint64_t>(spec.unique->quiet_max.count()));
      s.time_from(rec.created_at, spec.unique->since.value_or(rec.created_at));
    }
  });
  text_section(w, front_tag::concurrency_key, spec.concurrency_key);
  section(w, front_tag::on_miss, spec.on_miss != deadline_action::fail,
          [&](byte_writer& s) { s.u8(static_cast<uint8_t>(spec.on_miss)); });
  section(w, front_tag::preemption, spec.preempts || spec.preemptible_after, [&](byte_writer& s) {
    s.u8(static_cast<uint8_t>((spec.preempts ? 1u : 0u) | (spec.preemptible_after ? 2u : 0u)));
    if (spec.preemptible_after)
      s.varint(zigzag(spec.preemptible_after->count()));
  });
  section(w, front_tag::held, spec.hold.has_value(), [&](byte_writer& s) {
    s.u8(spec.hold->held ? 1 : 0);
    s.time_from(rec.created_at, spec.hold->at);
    s.text(spec.hold->reason);
  });
  text_section(w, front_tag::type_version, spec.resources.type_version);
  section(w, front_tag::payload_bytes, spec.payload_bytes != 0, [&](byte_writer& s) {
    s.varint(spec.payload_bytes);
    if (spec.workflow || spec.for_each)
      s.u8(1);
  });
}

void write_policy(byte_writer& w, const stored_policy& p) {
  w.varint(zigzag(p.timeout.count()));
  w.varint(p.max_retries);
  w.u8(static_cast<uint8_t>(p.kind));
  w.u8(p.jitter ? 1 : 0);
  w.varint(zigzag(p.base.count()));
  w.varint(zigzag(p.cap.count()));
}

void write_rest(byte_writer& w, const job_record& rec) {
  const auto& spec = rec.spec;
  w.varint(rec.history.size());
  for (const auto& h : rec.history) {
    w.u8(static_cast<uint8_t>(h.state));
    w.time_from(rec.created_at, h.at);
    w.varint(h.attempt);
    w.text(h.worker);
    w.text(h.reason);
  }
  const auto p = policy_of(spec);
  section(w, rest_tag::policy, !(p == absent_policy), [&](byte_writer& s) { write_policy(s, p); });
  section(w, rest_tag::memory_growth,
          spec.retry.memory_growth_percent != no_growth_percent || spec.retry.memory_growth_max != 0,
          [&](byte_writer& s) {
            s.varint(spec.retry.memory_growth_percent);
            s.varint(spec.retry.memory_growth_max);
          });
  section(w, rest_tag::tags, !spec.tags.empty(), [&](byte_writer& s) { write_texts(s, spec.tags); });
  time_section(w, rest_tag::started_at, rec.created_at, rec.started_at);
  time_section(w, rest_tag::finished_at, rec.created_at, rec.finished_at);
  text_section(w, rest_tag::worker, rec.worker);
  section(w, rest_tag::error, rec.error.has_value(), [&](byte_writer& s) {
    s.text(rec.error->code);
    s.text(rec.error->message);
    s.time_from(rec.created_at, rec.error->at);
  });
  text_section(w, rest_tag::result, rec.result.view());
  section(w, rest_tag::log, !rec.log.lines.empty(), [&](byte_writer& s) { write_texts(s, rec.log.lines); });
  section(w, rest_tag::usage, !(rec.usage == attempt_usage{}) || rec.ran.count() != 0, [&](byte_writer& s) {
    s.varint(zigzag(rec.usage.cpu_us));
    s.varint(rec.usage.peak_memory_bytes);
    s.varint(zigzag(rec.ran.count()));
  });
  section(w, rest_tag::origin, spec.origin.has_value(), [&](byte_writer& s) {
    s.text(spec.origin->name);
    s.varint(spec.origin->version);
    s.time_from(rec.created_at, spec.origin->fire);
    s.u8(spec.origin->by_hand ? 1 : 0);
  });
  section(w, rest_tag::workflow, spec.workflow.has_value(), [&](byte_writer& s) {
    s.text(spec.workflow->id);
    s.text(spec.workflow->name);
    s.text(spec.workflow->key);
    s.u8(spec.workflow->first ? 1 : 0);
  });
  section(w, rest_tag::failure_rules, !spec.retry.rules.empty(), [&](byte_writer& s) {
    s.varint(spec.retry.rules.size());
    for (const auto& r : spec.retry.rules) {
      s.text(r.code);
      s.u8(static_cast<uint8_t>(r.action));
      s.varint(zigzag(r.wait.count()));
    }
  });
  section(w, rest_tag::retry_total, spec.retry.total.count() != 0,
          [&](byte_writer& s) { s.varint(zigzag(spec.retry.total.count())); });
  time_section(w, rest_tag::finish_by, rec.created_at, spec.finish_by);
  time_section(w, rest_tag::first_started_at, rec.created_at, rec.first_started_at);
  section(w, rest_tag::for_each, spec.for_each.has_value(), [&](byte_writer& s) { write_for_each(s, *spec.for_each); });
  text_section(w, rest_tag::checkpoint, rec.checkpoint.view());
  section(w, rest_tag::template_origin, spec.from_template.has_value(), [&](byte_writer& s) {
    s.text(spec.from_template->name);
    s.varint(spec.from_template->version);
  });
  section(w, rest_tag::soft_timeout, spec.soft_timeout.has_value(),
          [&](byte_writer& s) { s.varint(zigzag(spec.soft_timeout->count())); });
  section(w, rest_tag::cached_from, rec.cached_from.has_value(),
          [&](byte_writer& s) { s.fixed64(rec.cached_from->value); });
  text_section(w, rest_tag::cache_key, rec.cache_key);
  section(w, rest_tag::log_place, rec.log.attempt != 0, [&](byte_writer& s) {
    s.varint(rec.log.attempt);
    s.varint(rec.log.first);
  });
  section(w, rest_tag::trace, spec.trace.has_value(), [&](byte_writer& s) {
    s.text(spec.trace->parent);
    s.text(spec.trace->state);
  });
}

} // namespace

std::string encode_record(const job_record& rec) {
  std::string out;
  out.reserve(size_estimate(rec));
  byte_writer w{out};
  w.u8(record_format);
  w.fixed64(rec.id.value);
  w.u8(static_cast<uint8_t>(rec.state));
  w.u8(rec.spec.priority);
  w.u8(static_cast<uint8_t>(rec.spec.level));
  w.fixed64(static_cast<uint64_t>(rec.created_at.time_since_epoch().count()));
  w.sized([&](byte_writer& part) { write_front(part, rec); });
  w.sized([&](byte_writer& part) { write_rest(part, rec); });
  return out;
}

} // namespace callboard
