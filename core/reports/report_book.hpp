#pragma once

#include "core/measure/metrics_delta.hpp"
#include "core/reports/report_query.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// Rows of days on which something was counted, until they are written down: the present day's, and those of others
/// that the clock was set to. What is in the store is the whole of a row, not what has come since: a row is written as
/// it stands, and one write more or less does no harm. So a day's rows are read from the store before they are written.
///
/// Not thread-safe. It outlives the actor that fills it (`begin_again`).
class report_book {
public:
  /// @param names_max  rows of each kind and day that have a name of their own; what else comes is `other_names`.
  explicit report_book(size_t names_max) : names_max_(names_max) {
  }

  /// Counts for the day of `at`.
  void add(const metrics_delta& d, time_point at, const price_table& prices);

  /// Days that have rows here and may have some in the store that are not here.
  std::vector<report_day> unread() const;
  bool is_read(report_day d) const;
  /// What the store has of that day; what was counted meanwhile is added.
  void restore(report_day d, const report_rows& stored);

  /// Days of which the store has rows, as it was told at start.
  void restore_days(std::set<report_day> days);
  bool knows_days() const {
    return knows_days_;
  }
  const std::set<report_day>& stored_days() const {
    return stored_days_;
  }
  /// All rows of the day were removed from the store.
  void removed(report_day d) {
    stored_days_.erase(d);
  }

  struct flush {
    std::vector<std::pair<report_key, report_row>> rows;
    std::set<report_day> days; ///< of which the store has rows then
  };
  /// What has changed since it was written, of days that were read; nothing while the days are not known. Precondition:
  /// no flush is under way.
  flush begin_flush();
  /// Whether it was written. Then days that are over are forgotten.
  void end_flush(bool written);
  bool is_flushing() const {
    return flushing_;
  }
  /// Nobody will tell what became of a flush that is under way.
  void begin_again() {
    end_flush(false);
  }

  /// Those that the query wants.
  report_rows rows(const report_sum& wanted) const;
  size_t size() const;

private:
  struct entry {
    report_row row;
    bool changed = false;    ///< since it was written, or since the flush that is under way
    bool on_its_way = false; ///< it is in the flush that is under way
  };
  using names = std::map<std::string, entry, std::less<>>;
  struct day_rows {
    bool read = false;
    std::array<names, report_kind_count> kinds;
    /// Where the last one was: most samples are like the one before. Maps do not move their elements.
    std::array<names::value_type*, report_kind_count> last{};
  };

  entry& at(day_rows& day, report_kind kind, std::string_view name) const;
  void count(day_rows& day, const metrics_delta::sample& s, const price_table& prices) const;
  void count(day_rows& day, const metrics_delta::arrival& a) const;

  size_t names_max_;
  std::map<report_day, day_rows> days_;
  report_day latest_{}; ///< for which something was counted last
  std::set<report_day> stored_days_, flushed_days_;
  bool knows_days_ = false;
  bool flushing_ = false;
};

} // namespace callboard
