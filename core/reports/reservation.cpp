#include "core/reports/reservation.hpp"

#include <array>
#include <string_view>

namespace callboard {

namespace {

/// `0.7 cores`, to a hundredth.
std::string cores_text(uint64_t milli) {
  constexpr uint64_t per_hundredth = 10, hundred = 100;
  const auto hundredths = (milli + per_hundredth / 2) / per_hundredth;
  auto fraction = std::to_string(hundred + hundredths % hundred).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(hundredths / hundred) + (fraction.empty() ? "" : "." + fraction) + " cores";
}

/// `120 MiB`, rounded up.
std::string memory_text(uint64_t bytes) {
  constexpr uint64_t mib = 1u << 20;
  return std::to_string(bytes / mib + (bytes % mib == 0 ? 0 : 1)) + " MiB";
}

uint64_t with_margin(uint64_t used, uint64_t step) {
  constexpr uint64_t hundred = 100;
  const auto more = used / hundred * reservation_margin_percent + used % hundred * reservation_margin_percent / hundred;
  const auto wanted = used + more;
  return (wanted + step - 1) / step * step;
}

reservation compare(uint64_t asked, const sparse_histogram& used, uint64_t step, std::string (*text)(uint64_t),
                    std::string_view unmeasured) {
  reservation r;
  r.asked_max = asked;
  r.measured = used.count();
  r.used_p50 = used.quantile(0.5);
  r.used_p95 = used.quantile(0.95);
  r.used_max = used.max();
  if (r.measured == 0) {
    r.reason = unmeasured;
    return r;
  }
  if (r.measured < reservation_attempts_min) {
    r.reason = std::to_string(r.measured) + " attempts were measured; " + std::to_string(reservation_attempts_min) +
               " are needed for a suggestion";
    return r;
  }
  r.suggested = with_margin(r.used_p95, step);
  r.reason = "95 of 100 attempts used at most " + text(r.used_p95) + "; with " +
             std::to_string(reservation_margin_percent) + " percent more that is " + text(*r.suggested) + ". ";
  if (asked == 0)
    r.reason += "Nothing is reserved now";
  else if (asked > *r.suggested)
    r.reason += text(asked - *r.suggested) + " less than is asked for would do";
  else if (asked < *r.suggested)
    r.reason += text(*r.suggested - asked) + " more than is asked for is needed";
  else
    r.reason += "As much is asked for";
  if (r.used_max > *r.suggested)
    r.reason += "; one attempt used " + text(r.used_max);
  return r;
}

} // namespace

reservation cpu_reservation(const report_row& r) {
  return compare(r.cpu_asked_milli_max, r.cpu_used_milli, reservation_cpu_step_milli, cores_text, "no attempt has run");
}

reservation memory_reservation(const report_row& r) {
  return compare(
    r.memory_asked_bytes_max, r.memory_used_bytes, reservation_memory_step_bytes, memory_text,
    "attempts of this type do not tell how much memory they use: only those with a process of their own do");
}

} // namespace callboard
