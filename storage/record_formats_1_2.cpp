// FORMATS 1 AND 2, which are read for ever and not written any more.
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
#include "storage/record_parts.hpp"

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

std::optional<time_point> read_time_if(byte_reader& r, bool present, time_point base) {
  return present ? std::optional{r.time_from(base)} : std::nullopt;
}

} // namespace

index_fields read_old_front(byte_reader& r, uint8_t version, uint8_t& flags) {
  index_fields f;
  read_identity(r, f);
  flags = r.u8();
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
  f.waits_for.jobs.reserve(n);
  for (size_t i = 0; i < n; ++i)
    f.waits_for.jobs.emplace_back(job_id{r.fixed64()});
  if (flags & has_resources)
    f.resources = read_resources(r);
  return f;
}

void read_old_rest(byte_reader& r, uint8_t version, uint8_t flags, job_record& rec) {
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
  rec.log.lines = read_texts(r);
  rec.history = read_history(r, rec.created_at);
  if (version == 1)
    return;
  rec.usage.cpu_us = unzigzag(r.varint());
  rec.usage.peak_memory_bytes = r.varint();
  rec.ran = duration{unzigzag(r.varint())};
  spec.retry.memory_growth_percent = r.varint32();
  spec.retry.memory_growth_max = r.varint();
}

} // namespace callboard
