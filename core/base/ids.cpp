#include "core/base/ids.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

using std::chrono::milliseconds;

constexpr time_point id_epoch = std::chrono::sys_days{std::chrono::year{2020} / 1 / 1};
constexpr std::string_view id_prefix = "job_";
// Crockford's alphabet ascends in ASCII: that is why printed ids sort as numbers.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t digits = 13;
constexpr uint64_t time_max = (uint64_t{1} << job_id_time_bits) - 1;
constexpr uint64_t shard_max = (uint64_t{1} << job_id_shard_bits) - 1;
constexpr uint64_t seq_max = (uint64_t{1} << job_id_seq_bits) - 1;
constexpr uint64_t line_max = (time_max << job_id_seq_bits) | seq_max;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Milliseconds since the epoch of the ids, within what an id can hold.
uint64_t id_millis(time_point t) {
  if (t <= id_epoch)
    return 0;
  const auto ms = std::chrono::floor<milliseconds>(t - id_epoch).count();
  return std::min(static_cast<uint64_t>(ms), time_max);
}

// Time and sequence as one number, without the shard between them.
uint64_t to_line(job_id x) {
  return (x.value >> (job_id_shard_bits + job_id_seq_bits) << job_id_seq_bits) | (x.value & seq_max);
}

job_id from_line(uint64_t line, uint64_t shard) {
  const uint64_t time = line >> job_id_seq_bits;
  return job_id{(((time << job_id_shard_bits) | shard) << job_id_seq_bits) | (line & seq_max)};
}

} // namespace

std::string to_string(job_id x) {
  std::string text{id_prefix};
  text.resize(id_prefix.size() + digits);
  for (size_t i = 0; i < digits; ++i)
    text[id_prefix.size() + i] = alphabet[(x.value >> (5 * (digits - 1 - i))) & 31u];
  return text;
}

std::optional<job_id> parse_job_id(std::string_view text) {
  if (text.size() != id_prefix.size() + digits)
    return std::nullopt;
  for (size_t i = 0; i < id_prefix.size(); ++i)
    if (lower(text[i]) != id_prefix[i])
      return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const size_t digit = alphabet.find(lower(text[id_prefix.size() + i]));
    // Thirteen digits are 65 bits: the first one must not have the highest.
    if (digit == std::string_view::npos || (i == 0 && digit > 15))
      return std::nullopt;
    value = (value << 5) | digit;
  }
  if (value == 0)
    return std::nullopt;
  return job_id{value};
}

time_point created_at(job_id x) {
  return id_epoch + milliseconds{static_cast<int64_t>(x.value >> (job_id_shard_bits + job_id_seq_bits))};
}

job_id first_id_at(time_point t) {
  return from_line(id_millis(t) << job_id_seq_bits, 0);
}

id_generator::id_generator(unsigned shard, job_id floor)
  : shard_(shard), last_(floor ? to_line(floor) : 1), bound_(to_line(floor)) {
  CB_INVARIANT(shard <= shard_max, "a shard is at most 63");
  // One less than the floor was perhaps issued by someone before; the number 0 means "none" and is never issued.
  if (last_ > 0)
    --last_;
}

job_id id_generator::next(time_point now) {
  const uint64_t line = std::max(id_millis(now) << job_id_seq_bits, last_ + 1);
  CB_INVARIANT(line <= line_max, "job ids last until the year 2159");
  last_ = line;
  issued_ = true;
  return from_line(line, shard_);
}

std::optional<job_id> id_generator::bound_to_reserve(duration window) {
  const auto ahead = static_cast<uint64_t>(std::max<int64_t>(1, window / milliseconds{1})) << job_id_seq_bits;
  if (!issued_ || last_ + ahead / 2 < bound_)
    return std::nullopt;
  bound_ = std::min(last_ + ahead, line_max);
  return from_line(bound_, shard_);
}

} // namespace callboard
