#pragma once

#include "core/job/job.hpp"
#include "http/json/json_writer.hpp"
#include "http/json/redaction_book.hpp"

#include <optional>

namespace callboard {

/// Which lines are asked for: those that whoever follows has not seen.
struct log_part {
  uint64_t from = 0;               ///< number of the first line
  std::optional<uint32_t> attempt; ///< `from` is of this one: of another one all lines are
};

/// Writes lines that a job's handler has logged, as `GET /api/jobs/{id}/logs` shows them.
void write_log(json_writer& w, const job_record& j, const log_part& part, const redaction_book& hidden);

} // namespace callboard
