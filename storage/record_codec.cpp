// FORMAT 2. To change it:
//   1) add a value to the version byte (`record_format`), never change the meaning of an old one;
//   2) keep the reading of every old version: branch on the version in `read_front` / `read_rest`, or copy them;
//   3) `encode_record` writes the newest version only;
//   4) add golden files of the new version to tests/storage/golden/ and keep the old ones: they must decode for ever.
//
// Numbers are varints (7 bits a byte, least significant first), [N] is the number of bytes of a fixed, little-endian
// one; `text` is a length and that many bytes; `time` is the distance in microseconds from created_at, zigzag.
//
//   version[1]
//   front: id[8] state[1] priority[1] durability[1] flags[1] created_at[8] schedule_at:time? deadline:time?
//          retry_at:time? retry_count loss_count attempt type:text queue:text idempotency_key:text
//          dependencies: count, id[8] each
//          resources? {slots cpu_milli memory named: count, {name:text units} each labels: count, {name:text
//          value:text}}
//   rest:  timeout:zigzag max_retries backoff[1] base:zigzag cap:zigzag started_at:time? finished_at:time?
//          error? {code:text message:text at:time} worker:text result:text tags: count, text each
//          log: count, text each   history: count, {state[1] at:time attempt worker:text reason:text} each
//          cpu_us:zigzag peak_memory ran:zigzag memory_growth_percent memory_growth_max
//
// Format 1 had no resources and ended with the history.
//
// Fields with a question mark are there when their flag is set.
#include "storage/record_codec.hpp"

#include "storage/byte_io.hpp"

#include <algorithm>

namespace callboard {

namespace {

enum flag : uint8_t {
  has_schedule_at = 1,
  has_deadline = 2,
  has_retry_at = 4,
  has_started_at = 8,
  has_finished_at = 16,
  has_error = 32,
  has_jitter = 64,
  has_resources = 128,
};
/// Of format 1, in which the last one was not used.
constexpr uint8_t flags_v1 = 127;

/// An entry of the history is at least: state, time, attempt, two lengths.
constexpr size_t history_bytes_min = 5;

uint8_t flags_of(const job_record& rec) {
  return static_cast<uint8_t>((rec.spec.schedule_at ? has_schedule_at : 0) | (rec.spec.deadline ? has_deadline : 0) |
                              (rec.retry_at ? has_retry_at : 0) | (rec.started_at ? has_started_at : 0) |
                              (rec.finished_at ? has_finished_at : 0) | (rec.error ? has_error : 0) |
                              (rec.spec.retry.jitter ? has_jitter : 0) |
                              (rec.spec.resources.is_plain() ? 0 : has_resources));
}

/// Enough for almost every record, so that encoding allocates once; a record that needs more grows the string.
size_t size_estimate(const job_record& rec) {
  constexpr size_t numbers = 128;
  constexpr size_t per_text = 4;
  constexpr size_t per_history = 16;
  const auto& spec = rec.spec;
  size_t n = numbers + spec.type.size() + spec.queue.size() + spec.idempotency_key.size() + rec.worker.size() +
             rec.result.size() + 8 * spec.dependencies.size();
  for (const auto& tag : spec.tags)
    n += per_text + tag.size();
  if (rec.error)
    n += per_history + rec.error->code.size() + rec.error->message.size();
  for (const auto& line : rec.log)
    n += per_text + line.size();
  for (const auto& h : rec.history)
    n += per_history + h.worker.size() + h.reason.size();
  return n;
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

void write_front(byte_writer& w, const job_record& rec) {
  const auto& spec = rec.spec;
  w.u8(record_format);
  w.fixed64(rec.id.value);
  w.u8(static_cast<uint8_t>(rec.state));
  w.u8(spec.priority);
  w.u8(static_cast<uint8_t>(spec.level));
  w.u8(flags_of(rec));
  w.fixed64(static_cast<uint64_t>(rec.created_at.time_since_epoch().count()));
  for (const auto& t : {spec.schedule_at, spec.deadline, rec.retry_at})
    if (t)
      w.time_from(rec.created_at, *t);
  w.varint(rec.retry_count);
  w.varint(rec.loss_count);
  w.varint(rec.attempt);
  w.text(spec.type);
  w.text(spec.queue);
  w.text(spec.idempotency_key);
  w.varint(spec.dependencies.size());
  for (const auto d : spec.dependencies)
    w.fixed64(d.value);
  if (!spec.resources.is_plain())
    write_resources(w, spec.resources);
}

void write_texts(byte_writer& w, const std::vector<std::string>& texts) {
  w.varint(texts.size());
  for (const auto& t : texts)
    w.text(t);
}

void write_rest(byte_writer& w, const job_record& rec) {
  const auto& spec = rec.spec;
  w.varint(zigzag(spec.timeout.count()));
  w.varint(spec.max_retries);
  w.u8(static_cast<uint8_t>(spec.retry.kind));
  w.varint(zigzag(spec.retry.base.count()));
  w.varint(zigzag(spec.retry.cap.count()));
  for (const auto& t : {rec.started_at, rec.finished_at})
    if (t)
      w.time_from(rec.created_at, *t);
  if (rec.error) {
    w.text(rec.error->code);
    w.text(rec.error->message);
    w.time_from(rec.created_at, rec.error->at);
  }
  w.text(rec.worker);
  w.text(rec.result.view());
  write_texts(w, spec.tags);
  write_texts(w, rec.log);
  w.varint(rec.history.size());
  for (const auto& h : rec.history) {
    w.u8(static_cast<uint8_t>(h.state));
    w.time_from(rec.created_at, h.at);
    w.varint(h.attempt);
    w.text(h.worker);
    w.text(h.reason);
  }
  w.varint(zigzag(rec.usage.cpu_us));
  w.varint(rec.usage.peak_memory_bytes);
  w.varint(zigzag(rec.ran.count()));
  w.varint(spec.retry.memory_growth_percent);
  w.varint(spec.retry.memory_growth_max);
}

std::optional<time_point> read_time_if(byte_reader& r, bool present, time_point base) {
  return present ? std::optional{r.time_from(base)} : std::nullopt;
}

/// What placement relies on: at least one slot, names in order, none twice.
resource_request read_resources(byte_reader& r) {
  resource_request out;
  out.slots = r.varint32();
  out.cpu_milli = r.varint32();
  out.memory_bytes = r.varint();
  for (size_t n = r.count(2); n > 0; --n) {
    auto& x = out.named.emplace_back();
    x.first = r.text();
    x.second = r.varint32();
  }
  for (size_t n = r.count(2); n > 0; --n) {
    auto& x = out.labels.emplace_back();
    x.first = r.text();
    x.second = r.text();
  }
  const auto sorted = [](const auto& list) {
    return std::adjacent_find(list.begin(), list.end(),
                              [](const auto& a, const auto& b) { return a.first >= b.first; }) == list.end();
  };
  if (out.slots == 0 || !sorted(out.named) || !sorted(out.labels))
    r.fail();
  return out;
}

/// What the rest needs of the front.
struct front_form {
  uint8_t version = 0;
  uint8_t flags = 0;
};

/// Reads version and front.
std::optional<error> read_front(byte_reader& r, index_fields& f, front_form& form) {
  const uint8_t version = form.version = r.u8();
  if (r.ok() && version > record_format)
    return error{ec::wrong_version, "the record has format " + std::to_string(version) +
                                      ", this program reads formats up to " + std::to_string(record_format)};
  if (version == 0)
    r.fail();
  f.id = job_id{r.fixed64()};
  f.state = r.enumerator(job_state::cancelled);
  f.priority = r.u8();
  if (f.priority > priority_max)
    r.fail();
  f.level = r.enumerator(durability::memory);
  const uint8_t flags = form.flags = r.u8();
  if (version == 1 && (flags & ~flags_v1) != 0)
    r.fail();
  f.created_at = time_point{duration{static_cast<int64_t>(r.fixed64())}};
  f.schedule_at = read_time_if(r, flags & has_schedule_at, f.created_at);
  f.deadline = read_time_if(r, flags & has_deadline, f.created_at);
  f.retry_at = read_time_if(r, flags & has_retry_at, f.created_at);
  f.retry_count = r.varint32();
  f.loss_count = r.varint32();
  f.attempt = r.varint32();
  f.type = r.text();
  f.queue = r.text();
  f.idempotency_key = r.text();
  const size_t n = r.count(8);
  f.dependencies.reserve(n);
  for (size_t i = 0; i < n; ++i)
    f.dependencies.emplace_back(r.fixed64());
  if (flags & has_resources)
    f.resources = read_resources(r);
  if (!r.ok())
    return error{ec::corrupt_record, "a job's record is damaged (front)"};
  return std::nullopt;
}

std::vector<std::string> read_texts(byte_reader& r) {
  const size_t n = r.count(1);
  std::vector<std::string> texts;
  texts.reserve(n);
  for (size_t i = 0; i < n; ++i)
    texts.emplace_back(r.text());
  return texts;
}

void read_rest(byte_reader& r, front_form form, job_record& rec) {
  const auto flags = form.flags;
  auto& spec = rec.spec;
  spec.timeout = duration{unzigzag(r.varint())};
  spec.max_retries = r.varint32();
  spec.retry.kind = r.enumerator(backoff::exponential);
  spec.retry.base = duration{unzigzag(r.varint())};
  spec.retry.cap = duration{unzigzag(r.varint())};
  spec.retry.jitter = (flags & has_jitter) != 0;
  rec.started_at = read_time_if(r, flags & has_started_at, rec.created_at);
  rec.finished_at = read_time_if(r, flags & has_finished_at, rec.created_at);
  if (flags & has_error) {
    auto& e = rec.error.emplace();
    e.code = r.text();
    e.message = r.text();
    e.at = r.time_from(rec.created_at);
  }
  rec.worker = r.text();
  rec.result = blob{std::string{r.text()}};
  spec.tags = read_texts(r);
  rec.log = read_texts(r);
  const size_t n = r.count(history_bytes_min);
  rec.history.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    auto& h = rec.history.emplace_back();
    h.state = r.enumerator(job_state::cancelled);
    h.at = r.time_from(rec.created_at);
    h.attempt = r.varint32();
    h.worker = r.text();
    h.reason = r.text();
  }
  if (form.version == 1)
    return;
  rec.usage.cpu_us = unzigzag(r.varint());
  rec.usage.peak_memory_bytes = r.varint();
  rec.ran = duration{unzigzag(r.varint())};
  spec.retry.memory_growth_percent = r.varint32();
  spec.retry.memory_growth_max = r.varint();
}

} // namespace

std::string encode_record(const job_record& rec) {
  std::string out;
  out.reserve(size_estimate(rec));
  byte_writer w{out};
  write_front(w, rec);
  write_rest(w, rec);
  return out;
}

result<index_fields> decode_index(std::string_view bytes) {
  byte_reader r{bytes};
  index_fields f;
  front_form form;
  if (auto e = read_front(r, f, form))
    return std::move(*e);
  return f;
}

result<job_record> decode_record(std::string_view bytes) {
  byte_reader r{bytes};
  index_fields f;
  front_form form;
  if (auto e = read_front(r, f, form))
    return std::move(*e);
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
  rec.spec.dependencies = std::move(f.dependencies);
  rec.spec.resources = std::move(f.resources);
  read_rest(r, form, rec);
  if (!r.finished())
    return error{ec::corrupt_record,
                 r.ok() ? "a job's record is followed by bytes that do not belong to it" : "a job's record is damaged"};
  return rec;
}

} // namespace callboard
