#pragma once

#include "core/reports/report_row.hpp"

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What the lines of a report are.
enum class report_by : uint8_t { day, type, queue, tag, tenant, code };

std::string_view to_string(report_by b);
std::optional<report_by> parse_report_by(std::string_view text);

/// Rows of one kind, of a range of days.
struct report_query {
  report_by by = report_by::day;
  report_day from{}, to{}; ///< both inclusive
  /// Which rows: those of this kind, and of this name unless it is empty. By type, queue, tag or tenant it is that
  /// kind.
  report_kind kind = report_kind::all;
  std::string name;
};

/// Whose row it is.
struct report_key {
  report_day day{};
  report_kind kind = report_kind::all;
  std::string name;
  friend auto operator<=>(const report_key&, const report_key&) = default;
};

// Rows are facts (`meta`) of the store: `report/DAY/KIND/NAME`.

/// `2026-11-30`.
std::string to_text(report_day d);
/// Nothing: it is no day.
std::optional<report_day> parse_report_day(std::string_view text);

/// Of all rows of a day; with a kind, of that kind.
std::string report_prefix(report_day d, std::optional<report_kind> kind = std::nullopt);
std::string report_fact_name(const report_key& k);
std::optional<report_key> parse_report_fact_name(std::string_view name);

/// Rows that are newer than what is stored of them.
using report_rows = std::map<report_key, report_row>;

/// One line: of a day (`2026-11-30`), of a name, or of a code, of which only `failed` counts.
struct report_line {
  std::string name;
  report_row row;
};

struct report_answer {
  report_query query;
  std::vector<report_line> lines; ///< days in order; others by how many jobs ended, most first
  report_row total;               ///< all lines together; of tags, which a job may have several of, nothing
};

/// Puts lines together from the rows of one day after the other.
class report_sum {
public:
  explicit report_sum(report_query q) : query_(std::move(q)) {
  }
  const report_query& query() const {
    return query_;
  }
  /// Whether that row belongs to it.
  bool wants(report_kind kind, std::string_view name) const;
  /// Precondition: `wants` it, and the day is in the range.
  void add(report_day day, std::string_view name, const report_row& row);
  report_answer take();

private:
  report_query query_;
  std::map<std::string, report_row, std::less<>> lines_;
};

} // namespace callboard
