#pragma once

#include "core/job/job_note.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace callboard {

/// What was committed and is not known to the index yet, in the order of the commits: a write of a million jobs is
/// taken note of in several turns, so that it holds up nobody.
///
/// Until its note is taken a job is as one whose event is on its way to the disk. What fans out is taken whole: while
/// its elements are known and what waits for them is not, the end of one would leave it behind.
class commit_notes {
public:
  void add(commit_report r) {
    reports_.push_back(std::move(r));
  }
  bool any() const {
    return !reports_.empty();
  }

  /// The next ones, at most `notes_max` of them. `begun(report)` is called before the first note of each report, also
  /// of one without notes; `each(note, failed)` with what the report says of its failure; it may
  /// take the note apart.
  template <class Begun, class Each>
  void take(size_t notes_max, Begun&& begun, Each&& each) {
    for (; !reports_.empty(); reports_.pop_front(), next_ = 0) {
      if (notes_max == 0)
        return;
      auto& r = reports_.front();
      if (next_ == 0) {
        begun(r);
        whole_ = std::any_of(r.notes.begin(), r.notes.end(), [](const job_note& n) { return n.waits_anew != nullptr; });
      }
      for (; next_ < r.notes.size(); ++next_) {
        if (notes_max == 0 && !whole_)
          return;
        notes_max -= notes_max == 0 ? 0 : 1;
        each(r.notes[next_], r.failed);
      }
    }
  }

private:
  std::deque<commit_report> reports_;
  size_t next_ = 0;    ///< of the first report: the note that is not taken
  bool whole_ = false; ///< the first report is taken in one turn
};

} // namespace callboard
