#include "storage/report_codec.hpp"

#include "storage/byte_io.hpp"

#include <bit>

namespace callboard {

namespace {

/// FORMAT 1 (numbers are varints, unless a size in bytes is given; texts as in record_format_3.hpp):
///
///   version[1]
///   submitted completed failed cancelled retried lost deadline_missed
///   codes: count, then each code:text times
///   attempts cpu_us:zigzag wall_us:zigzag memory_byte_seconds[8] cost[8] slot_us[8]
///   asked_attempts cpu_asked_milli_max memory_asked_bytes_max cpu_asked_us[8] memory_asked_byte_seconds[8]
///   wait_us run_us cpu_used_milli memory_used_bytes: each  sum max count, then each bucket: step times
///     step: the bucket's number less that of the one before; of the first its number
///   checksum[8]  FNV-1a of all before
///
/// To add a field: a new format, which reads this one.
constexpr uint8_t format = 1;
constexpr size_t checksum_bytes = 8;

/// Source: G. Fowler, L. C. Noll, P. Vo, isthe.com/chongo/tech/comp/fnv.
uint64_t checksum(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325;
  for (const auto c : bytes)
    h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return h;
}

void write(byte_writer& w, double x) {
  w.fixed64(std::bit_cast<uint64_t>(x));
}

double real(byte_reader& r) {
  return std::bit_cast<double>(r.fixed64());
}

void write(byte_writer& w, const sparse_histogram& h) {
  w.varint(h.sum());
  w.varint(h.max());
  w.varint(h.buckets().size());
  uint16_t last = 0;
  for (const auto& [number, times] : h.buckets()) {
    w.varint(static_cast<uint64_t>(number - last));
    w.varint(times);
    last = number;
  }
}

void read(byte_reader& r, sparse_histogram& h) {
  const auto sum = r.varint(), max = r.varint();
  std::vector<sparse_histogram::bucket> buckets;
  const auto count = r.count(2);
  buckets.reserve(count);
  uint64_t number = 0;
  for (size_t i = 0; i < count && r.ok(); ++i) {
    const auto step = r.varint();
    if (step >= sparse_histogram::bucket_count)
      return r.fail();
    number += step;
    if (number >= sparse_histogram::bucket_count)
      return r.fail();
    buckets.emplace_back(static_cast<uint16_t>(number), r.varint());
  }
  if (r.ok() && !h.restore(std::move(buckets), sum, max))
    r.fail();
}

} // namespace

std::string encode_report_row(const report_row& x) {
  std::string out;
  byte_writer w{out};
  w.u8(format);
  for (const auto n : {x.submitted, x.completed, x.failed, x.cancelled, x.retried, x.lost, x.deadline_missed})
    w.varint(n);
  w.varint(x.codes.size());
  for (const auto& [code, times] : x.codes) {
    w.text(code);
    w.varint(times);
  }
  w.varint(x.usage.attempts);
  w.varint(zigzag(x.usage.cpu_us));
  w.varint(zigzag(x.usage.wall_us));
  write(w, x.usage.memory_byte_seconds);
  write(w, x.usage.cost);
  write(w, x.slot_us);
  w.varint(x.asked_attempts);
  w.varint(x.cpu_asked_milli_max);
  w.varint(x.memory_asked_bytes_max);
  write(w, x.cpu_asked_us);
  write(w, x.memory_asked_byte_seconds);
  for (const auto* h : {&x.wait_us, &x.run_us, &x.cpu_used_milli, &x.memory_used_bytes})
    write(w, *h);
  w.fixed64(checksum(out));
  return out;
}

result<report_row> decode_report_row(std::string_view bytes) {
  const error damaged{ec::corrupt_record, "a row of a report is damaged"};
  if (bytes.size() <= checksum_bytes)
    return damaged;
  if (static_cast<uint8_t>(bytes[0]) > format)
    return error{ec::wrong_version, "a row of a report has a newer format than this program knows"};
  const auto content = bytes.substr(0, bytes.size() - checksum_bytes);
  byte_reader sum{bytes.substr(content.size())};
  if (sum.fixed64() != checksum(content))
    return damaged;
  byte_reader r{content};
  if (r.u8() != format)
    return damaged;
  report_row x;
  for (auto* n : {&x.submitted, &x.completed, &x.failed, &x.cancelled, &x.retried, &x.lost, &x.deadline_missed})
    *n = r.varint();
  for (auto n = r.count(2); n > 0 && r.ok(); --n) {
    std::string code{r.text()};
    x.codes.emplace_back(std::move(code), r.varint());
  }
  x.usage.attempts = r.varint();
  x.usage.cpu_us = unzigzag(r.varint());
  x.usage.wall_us = unzigzag(r.varint());
  x.usage.memory_byte_seconds = real(r);
  x.usage.cost = real(r);
  x.slot_us = real(r);
  x.asked_attempts = r.varint();
  x.cpu_asked_milli_max = r.varint32();
  x.memory_asked_bytes_max = r.varint();
  x.cpu_asked_us = real(r);
  x.memory_asked_byte_seconds = real(r);
  for (auto* h : {&x.wait_us, &x.run_us, &x.cpu_used_milli, &x.memory_used_bytes})
    read(r, *h);
  if (!r.finished())
    return damaged;
  return x;
}

report_rows read_report_rows(const std::vector<std::pair<std::string, std::string>>& facts,
                             std::vector<std::string>& damaged) {
  report_rows out;
  for (const auto& [name, value] : facts) {
    auto key = parse_report_fact_name(name);
    auto row = decode_report_row(value);
    if (key && row)
      out.emplace(std::move(*key), std::move(*row));
    else
      damaged.push_back(name);
  }
  return out;
}

} // namespace callboard
