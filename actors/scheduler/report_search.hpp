#pragma once

#include "core/reports/report_query.hpp"
#include "messages/local.hpp"
#include "storage/store.hpp"

namespace callboard {

/// A report that is put together in slices, between which others have their turn.
class report_search {
public:
  explicit report_search(report_call call);

  /// Goes on; true when it is over and has answered. A slice is some weeks of rows: milliseconds.
  bool step(const store& db);

private:
  result<done> add_day(const store& db, report_day d);

  report_call call_;
  report_sum sum_;
  report_day next_;
  size_t rows_ = 0; ///< of this slice
};

} // namespace callboard
