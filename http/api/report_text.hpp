#pragma once

#include "core/reports/report_query.hpp"
#include "http/json/json_writer.hpp"

#include <string>

namespace callboard {

/// Writes a report as `GET /api/reports/jobs` shows it. @param rows_max  more are left out, and counted.
void write_report(json_writer& w, const report_answer& r, bool enabled, size_t rows_max);
/// The same as comma-separated values (RFC 4180), a line per row and one with the names of the columns.
std::string report_csv(const report_answer& r, size_t rows_max);

/// Writes what types ask for, and use, as `GET /api/reports/reservations` shows it.
void write_reservations(json_writer& w, const report_answer& r, bool enabled, size_t rows_max);
std::string reservations_csv(const report_answer& r, size_t rows_max);

} // namespace callboard
