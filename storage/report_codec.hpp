#pragma once

#include "core/base/error.hpp"
#include "core/reports/report_query.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A row of a report as it is stored, in the newest format. It takes 75 bytes, and 2 to 4 for each bucket of its
/// distributions (docs/reports.md has measured sizes).
std::string encode_report_row(const report_row& row);
/// Reads any format ever written. Errors: corrupt_record, wrong_version (a newer format).
result<report_row> decode_report_row(std::string_view bytes);

/// From the store's facts. @param damaged  gets the names of those that cannot be read.
report_rows read_report_rows(const std::vector<std::pair<std::string, std::string>>& facts,
                             std::vector<std::string>& damaged);

} // namespace callboard
