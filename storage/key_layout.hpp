#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A key of fixed length on the stack. Numbers in keys are big-endian: byte order is numeric order.
template <size_t N>
struct fixed_key {
  std::array<char, N> bytes{};
  std::string_view view() const noexcept {
    return {bytes.data(), N};
  }
};

inline void put_big_endian(char* to, uint64_t v) noexcept {
  for (int i = 0; i < 8; ++i)
    to[i] = static_cast<char>(v >> (56 - 8 * i));
}

/// @param from  at least eight bytes.
inline uint64_t get_big_endian(const char* from) noexcept {
  uint64_t v = 0;
  for (int i = 0; i < 8; ++i)
    v = (v << 8) | static_cast<uint8_t>(from[i]);
  return v;
}

/// Of `live`, `done` and `payload`: job_id[8].
inline fixed_key<8> job_key(job_id id) noexcept {
  fixed_key<8> k;
  put_big_endian(k.bytes.data(), id.value);
  return k;
}

/// True for the states that have rows in `status`. Jobs complete as a rule, so a scan of `done` finds the completed
/// ones as well, and the rule is the hot path.
inline constexpr bool has_status_row(job_state s) noexcept {
  return s == job_state::failed || s == job_state::cancelled;
}

/// There are some, and each has rows in `status`.
inline bool have_status_rows(const std::vector<job_state>& states) noexcept {
  return !states.empty() && std::all_of(states.begin(), states.end(), has_status_row);
}

/// Of `status`: state[1] job_id[8]. A reverse scan lists the jobs of a state newest first.
inline fixed_key<9> status_key(job_state state, job_id id) noexcept {
  fixed_key<9> k;
  k.bytes[0] = static_cast<char>(state);
  put_big_endian(k.bytes.data() + 1, id.value);
  return k;
}

/// Of `finished`: finished_at[8] job_id[8], the latest time in the row and the first of its jobs. A forward scan finds
/// what is to be purged first.
inline fixed_key<16> finished_key(time_point at, job_id id) noexcept {
  fixed_key<16> k;
  // The sign bit is turned over so that times before 1970 come first.
  put_big_endian(k.bytes.data(), static_cast<uint64_t>(at.time_since_epoch().count()) ^ (uint64_t{1} << 63));
  put_big_endian(k.bytes.data() + 8, id.value);
  return k;
}

/// Both parts of a finished_key. @param key  sixteen bytes.
inline time_point finished_at_of(std::string_view key) noexcept {
  return time_point{duration{static_cast<int64_t>(get_big_endian(key.data()) ^ (uint64_t{1} << 63))}};
}
inline job_id finished_id_of(std::string_view key) noexcept {
  return job_id{get_big_endian(key.data() + 8)};
}

/// Of `finished` as well: a row of jobs that are kept for their workflows, with the time at which they were looked at.
/// These rows are behind all others: those have times of this age.
inline constexpr uint64_t parked_bits = uint64_t{0x70} << 56;
inline fixed_key<16> parked_key(time_point at, job_id id) noexcept {
  auto k = finished_key(at, id);
  put_big_endian(k.bytes.data(), get_big_endian(k.bytes.data()) | parked_bits);
  return k;
}
/// @param key  sixteen bytes of a parked_key.
inline time_point parked_at_of(std::string_view key) noexcept {
  return time_point{duration{static_cast<int64_t>((get_big_endian(key.data()) & ~parked_bits) ^ (uint64_t{1} << 63))}};
}

/// One job of a row of `finished`.
struct finished_entry {
  job_id id;
  job_state state = job_state::completed;
};

/// A value of `finished`: job_id[8] state[1] of each job.
inline constexpr size_t finished_entry_bytes = 9;
inline void add_finished_entry(std::string& value, const finished_entry& e) {
  char bytes[finished_entry_bytes];
  put_big_endian(bytes, e.id.value);
  bytes[8] = static_cast<char>(e.state);
  value.append(bytes, sizeof bytes);
}

} // namespace callboard
