#include "storage/schedule_codec.hpp"

#include "storage/byte_io.hpp"
#include "storage/record_codec.hpp"

namespace callboard {

namespace {

/// FORMAT 1 (numbers, texts and times as in record_format_3.hpp; `opt` is one byte, 1 when the value follows):
///
///   version[1] name:text number changed_at[8]
///   kind[1]  0: expression:text zone:text   1: period:zigzag anchor:time   2: at:time
///   starts_at:opt time  ends_at:opt time  jitter:zigzag catch_up[1] catch_up_max overlap[1]  start_within:opt zigzag
///   record:text payload:text      the job, as a job's record that begins at changed_at
///
/// To add a field: a new format, which reads this one.
constexpr uint8_t format = 1;
enum class kind : uint8_t { cron = 0, every = 1, once = 2 };

/// A record has an id; the one of a job that is to be is not known.
constexpr job_id no_id{1};

void optional_time(byte_writer& w, time_point base, const std::optional<time_point>& t) {
  w.u8(t ? 1 : 0);
  if (t)
    w.time_from(base, *t);
}

bool present(byte_reader& r) {
  const auto v = r.u8();
  if (v > 1)
    r.fail();
  return v == 1;
}

std::optional<time_point> optional_time(byte_reader& r, time_point base) {
  return present(r) ? std::optional{r.time_from(base)} : std::nullopt;
}

void write_when(byte_writer& w, const schedule_definition& d) {
  w.u8(static_cast<uint8_t>(d.rules.when.index()));
  if (const auto* every = std::get_if<fire_every>(&d.rules.when)) {
    w.varint(zigzag(every->period.count()));
    w.time_from(d.changed_at, every->anchor);
  } else if (const auto* once = std::get_if<fire_once>(&d.rules.when)) {
    w.time_from(d.changed_at, once->at);
  } else {
    w.text(d.expression);
    w.text(d.zone);
  }
}

void read_cron(byte_reader& r, schedule_definition& d, const zone_finder& zones) {
  d.expression = r.text();
  d.zone = r.text();
  if (!r.ok())
    return;
  auto expression = cron::parse(d.expression);
  if (!expression)
    return r.fail();
  d.rules.when = std::move(*expression);
  if (d.zone.empty())
    return;
  if (auto zone = zones(d.zone))
    d.rules.zone = std::move(*zone);
  else
    d.fault = zone.err().message;
}

void read_when(byte_reader& r, schedule_definition& d, const zone_finder& zones) {
  switch (r.enumerator(kind::once)) {
  case kind::cron:
    return read_cron(r, d, zones);
  case kind::every: {
    fire_every every;
    every.period = duration{unzigzag(r.varint())};
    every.anchor = r.time_from(d.changed_at);
    if (every.period < std::chrono::seconds{1})
      r.fail();
    d.rules.when = every;
    return;
  }
  case kind::once:
    d.rules.when = fire_once{r.time_from(d.changed_at)};
  }
}

} // namespace

std::string encode_schedule(const schedule_definition& d) {
  std::string out;
  byte_writer w{out};
  w.u8(format);
  w.text(d.name);
  w.varint(d.version);
  w.fixed64(static_cast<uint64_t>(d.changed_at.time_since_epoch().count()));
  write_when(w, d);
  const auto& r = d.rules;
  optional_time(w, d.changed_at, r.starts_at);
  optional_time(w, d.changed_at, r.ends_at);
  w.varint(zigzag(r.jitter.count()));
  w.u8(static_cast<uint8_t>(r.missed));
  w.varint(r.catch_up_max);
  w.u8(static_cast<uint8_t>(r.when_unfinished));
  w.u8(d.start_within ? 1 : 0);
  if (d.start_within)
    w.varint(zigzag(d.start_within->count()));
  job_record job;
  job.id = no_id;
  job.created_at = d.changed_at;
  job.spec = d.job;
  w.text(encode_record(job));
  w.text(d.job.payload.view());
  return out;
}

result<schedule_definition> decode_schedule(std::string_view bytes, const zone_finder& zones) {
  byte_reader r{bytes};
  schedule_definition d;
  if (const auto version = r.u8(); version > format)
    return error{ec::wrong_version,
                 "a schedule was written by a newer version of this program (format " + std::to_string(version) + ")"};
  d.name = r.text();
  d.version = r.varint32();
  d.changed_at = time_point{duration{static_cast<int64_t>(r.fixed64())}};
  read_when(r, d, zones);
  auto& rules = d.rules;
  rules.starts_at = optional_time(r, d.changed_at);
  rules.ends_at = optional_time(r, d.changed_at);
  rules.jitter = duration{unzigzag(r.varint())};
  rules.missed = r.enumerator(catch_up_rule::all);
  rules.catch_up_max = r.varint32();
  rules.when_unfinished = r.enumerator(overlap_rule::replace);
  if (present(r))
    d.start_within = duration{unzigzag(r.varint())};
  const auto record = r.text();
  const auto payload = r.text();
  if (!r.finished())
    return error{ec::corrupt_record, "the record of schedule '" + d.name + "' is damaged"};
  auto job = decode_record(record);
  if (!job)
    return error{job.err().code, "the job of schedule '" + d.name + "': " + job.err().message};
  d.job = std::move(job->spec);
  d.job.payload = blob{std::string{payload}};
  return d;
}

} // namespace callboard
