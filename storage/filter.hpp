#pragma once

#include "core/base/error.hpp"
#include "storage/record_codec.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string_view>

namespace callboard {

/// A half-open range of ids: first <= id < end.
struct id_range {
  job_id first;
  job_id end;
};

/// The ids that a page has to look at: below the cursor and within the filter's times.
id_range range_of(const job_filter& f, std::optional<job_id> below);

bool wants_state(const job_filter& f, job_state s);

/// The record without result if it passes the filter, nothing if it does not. A record that fails on an indexed field
/// costs no full decode. Errors: as decode_record.
result<std::optional<job_record>> decode_if_match(const job_filter& f, std::string_view record);

/// The error of a writer whose epoch is over.
error later_writer(uint64_t epoch, uint64_t writer_epoch);

/// Jobs that finished before this are too old to be kept.
time_point purge_before(const retention& r, time_point now);

} // namespace callboard
