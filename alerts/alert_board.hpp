#pragma once

#include "core/alerts/alert_book.hpp"
#include "core/alerts/alert_watch.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace callboard {

/// What is shown of the alerts. Immutable.
struct alert_view {
  std::vector<alert> alerts;
  std::vector<alert_silence> silences;
  std::vector<objective_state> objectives;
  std::map<std::string, duration> drains; ///< queues, and when each will be empty
  std::optional<time_point> looked_at;    ///< at the figures of jobs; null before the first ones came
};

/// The alerts of a scheduler. The actor that looks at the figures writes to it, the REST interface reads it and acts
/// upon it, also while parts of the scheduler are started again. All functions may be called from any thread; whoever
/// only reads waits for no disk.
///
/// What fires, acknowledgements and silences are kept in a file, so that a restart forgets none of them and tells
/// nobody twice. It is a file and no table of the store because the store may be what the alert is about.
class alert_board {
public:
  /// Reads the file. @param tell  for people: the file cannot be read or written. On whatever thread it happens.
  alert_board(const alert_limits& l, std::filesystem::path file, std::function<void(const std::string&)> tell);

  /// Looks at the figures and says what is to be told. Waits for the disk when something changed that is kept.
  std::vector<alert_change> look(const alert_figures& f, const moment& now);
  /// The jobs that tell of it could not be submitted: the next look says so anew.
  void was_not_told(uint64_t id);

  /// Answered when it is on the disk. Errors: as of alert_book, and storage_unavailable: then nothing was done.
  result<alert> acknowledge(uint64_t id, alert_ack ack);
  result<alert_silence> silence(alert_silence s, const moment& now);
  result<alert_silence> end_silence(uint64_t id);

  /// Never null.
  std::shared_ptr<const alert_view> view() const;

private:
  template <class T, class Act>
  result<T> act(Act change);
  /// Errors: internal_error of the file.
  result<done> keep();
  void show();

  const std::filesystem::path file_;
  const std::function<void(const std::string&)> tell_;
  std::mutex writing_; ///< of all that follow
  std::unique_ptr<alert_book> book_;
  alert_watch watch_;
  steady_point looked_steady_{};
  std::optional<time_point> looked_at_;
  bool unwritten_ = false; ///< what is in the file is older; it is told once

  mutable std::mutex showing_; ///< of what is shown only, and never held while anything is waited for
  std::shared_ptr<const alert_view> shown_;
};

} // namespace callboard
