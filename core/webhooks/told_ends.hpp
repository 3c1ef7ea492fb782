#pragma once

#include "core/job/ended_page.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace callboard {

/// Up to where the ends of jobs have surely become deliveries, so that after a crash, or when events were missed, those
/// behind it are looked for in the store. Nothing depends on when its functions are called but how much is looked at
/// again.
///
/// While events are followed, a place behind all ends that are in the store now becomes safe in steps: first the
/// scheduler must have told of all ends before it, then the events are read that it has told, then the jobs of all
/// deliveries that were pending until then must be there.
class told_ends {
public:
  /// As found in the store: what is behind it is to be looked for. Nothing: from `start` on.
  void restore(std::optional<ended_cursor> safe) {
    *this = {};
    safe_ = safe;
    walk_ = safe;
  }
  /// Ends before it are for nobody, and it is written down.
  void start(const ended_cursor& at) {
    *this = {};
    safe_ = at;
  }
  /// What is safe; nothing: ends are followed by nobody.
  const std::optional<ended_cursor>& safe() const {
    return safe_;
  }

  /// Ends may be missing: all behind the safe place are looked for again. While that is done already it goes on until
  /// nothing has ended since now.
  void fell_behind() {
    young_.reset();
    if (walk_) {
      again_ = true;
    } else {
      walk_ = safe_;
      ripe_.reset();
    }
  }
  /// Where the search in the store goes on; nothing: there is nothing to look for.
  const std::optional<ended_cursor>& walk() const {
    return walk_;
  }
  /// All of a page was offered, and found room. @param next_pending  number that the next pending delivery will have.
  void walked(const ended_page& page, uint64_t next_pending) {
    walk_ = page.next;
    if (!ripe_)
      ripe_ = {page.next, next_pending};
    if (page.complete && !std::exchange(again_, false))
      walk_.reset();
  }

  /// Whether a place behind all ends is wanted, to become safe.
  bool wants_place() const {
    return safe_ && !walk_ && !young_ && !ripe_;
  }
  /// The scheduler has told of all ends before it.
  void place_came(const ended_cursor& at) {
    if (wants_place())
      young_ = at;
  }
  /// All events that were told up to now have been read.
  void read_all(uint64_t next_pending) {
    if (young_)
      ripe_ = {*young_, next_pending};
    young_.reset();
  }
  /// The deliveries that must be there before `to_write` is safe have numbers below this; nothing: nothing is to be
  /// written.
  std::optional<uint64_t> waits_for() const {
    return ripe_ ? std::optional{ripe_->pending_before} : std::nullopt;
  }
  /// What may be written down, when `waits_for` is there.
  std::optional<ended_cursor> to_write() const {
    return ripe_ ? std::optional{ripe_->at} : std::nullopt;
  }
  void written(const ended_cursor& at) {
    safe_ = at;
    if (ripe_ && ripe_->at == at)
      ripe_.reset();
  }

private:
  struct ripe_place {
    ended_cursor at;
    uint64_t pending_before = 0;
  };
  std::optional<ended_cursor> safe_, walk_, young_;
  std::optional<ripe_place> ripe_;
  bool again_ = false; ///< ends may be missing since the walk began
};

} // namespace callboard
