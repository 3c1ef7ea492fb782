#pragma once

#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/reports/report_book.hpp"
#include "messages/actors.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace callboard {

struct report_recorder_options {
  report_settings settings;
  /// Outlives the metrics: what was counted is neither lost nor counted twice when they are started again.
  std::shared_ptr<report_book> book;
  store_keeper_actor keeper;
  timekeeper_actor timekeeper;
};

/// The statistics by day, a part of the metrics: reads the rows of a day before it writes any of that day, writes what
/// has changed every `reports.flush_every`, and removes the days that are over. All calls are from the metrics' turns.
class report_recorder {
public:
  explicit report_recorder(report_recorder_options options);

  /// Once, when its actor begins.
  void start(const metrics_actor& self, steady_point now);
  void add(const metrics_delta& d, time_point at, const price_table& prices, const metrics_actor& self);
  void on(report_call& x);
  /// The time to write down; or to ask again for what could not be read.
  void on_wake(const metrics_actor& self, time_point at, steady_point now);
  void on(report_facts_came& x, const metrics_actor& self, steady_point now);
  void on(report_days_came& x, const metrics_actor& self);
  void on(const report_written& x, const metrics_actor& self);
  /// Writes what was counted, and then answers.
  void drain(caf::typed_response_promise<caf::ok_atom> promise, const metrics_actor& self);

  /// Of rows in memory.
  size_t rows() const {
    return options_.book->size();
  }
  uint64_t flushes() const {
    return flushes_;
  }
  uint64_t flushes_failed() const {
    return flushes_failed_;
  }

private:
  void read_days(const metrics_actor& self);
  void read_rows(const metrics_actor& self);
  bool flush(const metrics_actor& self);
  bool remove_old(time_point at, const metrics_actor& self);
  void wake_at(const metrics_actor& self, steady_point at);
  bool is_ready(const report_query& q) const;
  void go_on_draining(const metrics_actor& self);
  void answer_drains();

  report_recorder_options options_;
  std::set<report_day> asked_;       ///< days whose rows are on their way here
  size_t days_asked_ = 0;            ///< how often the list of days is on its way here
  std::vector<report_call> waiting_; ///< until the rows of their days are known
  std::vector<caf::typed_response_promise<caf::ok_atom>> drains_;
  std::optional<report_day> removing_;   ///< a day whose rows go with the write that is under way
  std::optional<report_day> asked_last_; ///< for which something was counted last
  steady_point flush_at_{};              ///< the next one
  uint64_t flushes_ = 0, flushes_failed_ = 0;
};

} // namespace callboard
