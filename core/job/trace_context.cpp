#include "core/job/trace_context.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// The digits of a number, most significant first.
void put_hex(std::string& out, uint64_t v) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4)
    out += digits[(v >> static_cast<unsigned>(shift)) & 15u];
}

/// Lower-case digits only, as the standard has it.
std::optional<uint64_t> read_hex(std::string_view text) {
  uint64_t v = 0;
  for (const auto c : text) {
    const bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
    if (!digit && !letter)
      return std::nullopt;
    v = v << 4u | static_cast<uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return v;
}

/// Every bit of the outcome depends on every bit of `v` (the finaliser of SplitMix64, Steele, Lea and Flood 2014).
uint64_t mixed(uint64_t v) {
  v += 0x9e3779b97f4a7c15u;
  v = (v ^ v >> 30u) * 0xbf58476d1ce4e5b9u;
  v = (v ^ v >> 27u) * 0x94d049bb133111ebu;
  return v ^ v >> 31u;
}

/// What a span is of, for its id.
enum class span_of : uint64_t { job = 1, submit, commit, wait, attempt };

uint64_t span_id(job_id id, span_of kind, uint32_t attempt) {
  return std::max<uint64_t>(mixed(mixed(id.value) ^ static_cast<uint64_t>(kind) << 32u ^ attempt), 1);
}

} // namespace

std::optional<trace_place> parse_traceparent(std::string_view text) {
  // version "-" trace-id "-" parent-id "-" flags
  constexpr size_t bytes = 55;
  if (text.size() < bytes || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const auto version = text.substr(0, 2);
  // A later version may have more parts.
  if (version == "ff" || !read_hex(version) || (text.size() > bytes && (version == "00" || text[bytes] != '-')))
    return std::nullopt;
  const auto high = read_hex(text.substr(3, 16)), low = read_hex(text.substr(19, 16));
  const auto span = read_hex(text.substr(36, 16)), flags = read_hex(text.substr(53, 2));
  if (!high || !low || !span || !flags || (*high == 0 && *low == 0) || *span == 0)
    return std::nullopt;
  return trace_place{*high, *low, *span, (*flags & 1u) != 0};
}

std::string traceparent_text(const trace_place& p) {
  std::string out{"00-"};
  out += trace_id_text(p);
  out += '-';
  put_hex(out, p.span);
  out += p.sampled ? "-01" : "-00";
  return out;
}

bool is_tracestate(std::string_view text) {
  return text.size() <= tracestate_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string trace_id_text(const trace_place& p) {
  std::string out;
  put_hex(out, p.trace_high);
  put_hex(out, p.trace_low);
  return out;
}

std::string span_id_text(uint64_t span) {
  std::string out;
  put_hex(out, span);
  return out;
}

trace_place trace_of(const boxed<trace_context>& came, job_id id, time_point created_at, uint32_t percent) {
  if (came)
    if (const auto place = parse_traceparent(came->parent))
      return *place;
  const auto high = mixed(id.value ^ mixed(static_cast<uint64_t>(created_at.time_since_epoch().count())));
  return {high, std::max<uint64_t>(mixed(high ^ id.value), 1), 0, mixed(~high) % 100 < percent};
}

uint64_t span_of_job(job_id id) {
  return span_id(id, span_of::job, 0);
}
uint64_t span_of_submit(job_id id) {
  return span_id(id, span_of::submit, 0);
}
uint64_t span_of_commit(job_id id) {
  return span_id(id, span_of::commit, 0);
}
uint64_t span_of_wait(job_id id, uint32_t attempt) {
  return span_id(id, span_of::wait, attempt);
}
uint64_t span_of_attempt(job_id id, uint32_t attempt) {
  return span_id(id, span_of::attempt, attempt);
}

trace_context context_of_attempt(const boxed<trace_context>& came, job_id id, time_point created_at, uint32_t attempt,
                                 uint32_t percent) {
  if (!came && percent == 0)
    return {};
  auto place = trace_of(came, id, created_at, percent);
  place.span = span_of_attempt(id, attempt);
  return {traceparent_text(place), came ? came->state : std::string{}};
}

} // namespace callboard
