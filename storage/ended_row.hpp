#pragma once

// Inside storage/ only: the rows of `ends`.
#include "core/base/error.hpp"
#include "core/job/job.hpp"
#include "storage/byte_io.hpp"
#include "storage/key_layout.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// One end of a job. Its record tells whether it is the last one.
struct told_finish {
  job_id id;
  job_state state = job_state::completed;
  time_point at;
};

/// What ended in one write, or a part of it; the same jobs as in a row of `finished`, and never changed.
struct ended_row {
  time_point latest;
  std::vector<told_finish> ends; ///< not empty, the latest last
};

/// The lowest number that a writer of that epoch gives. A power loss may take the last rows of a writer that did not
/// sync them: the next one does not give their numbers again.
inline constexpr uint64_t first_ended_row(uint64_t epoch) noexcept {
  constexpr unsigned rows_bits = 32;
  return epoch << rows_bits;
}

/// Of `ends`: number[8].
inline fixed_key<8> ended_row_key(uint64_t number) noexcept {
  fixed_key<8> k;
  put_big_endian(k.bytes.data(), number);
  return k;
}

/// latest[8], then of each job: id[8] state[1] and by how much it ended before the latest, as a zigzag varint.
inline std::string encode_ended_row(const ended_row& row) {
  std::string out;
  constexpr size_t bytes_per_end = 13;
  out.reserve(8 + bytes_per_end * row.ends.size());
  byte_writer w{out};
  w.fixed64(static_cast<uint64_t>(row.latest.time_since_epoch().count()));
  for (const auto& e : row.ends) {
    w.fixed64(e.id.value);
    w.u8(static_cast<uint8_t>(e.state));
    w.time_from(row.latest, e.at);
  }
  return out;
}

/// Nothing: it is damaged.
inline std::optional<ended_row> decode_ended_row(std::string_view bytes) {
  byte_reader r{bytes};
  ended_row out;
  out.latest = time_point{duration{static_cast<int64_t>(r.fixed64())}};
  while (r.ok() && r.left() > 0) {
    told_finish e;
    e.id = job_id{r.fixed64()};
    e.state = r.enumerator(job_state::cancelled);
    e.at = r.time_from(out.latest);
    out.ends.push_back(e);
  }
  if (!r.ok() || out.ends.empty())
    return std::nullopt;
  return out;
}

} // namespace callboard
