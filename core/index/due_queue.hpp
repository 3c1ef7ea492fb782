#pragma once

#include "core/base/ordered_chunks.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace callboard {

/// Entries by the moment at which they are due (`Entry::at`), earliest first, among equals in the order of entries: one
/// alarm at `next` serves them all. Nothing but the entries is stored.
template <class Entry>
class due_queue {
public:
  using moment_type = decltype(Entry::at);

  /// False when exactly this entry is there already. O(log n).
  bool add(const Entry& e) {
    return entries_.insert(e);
  }
  /// False when it is not there. O(log n).
  bool remove(const Entry& e) {
    return entries_.erase(e);
  }
  /// When the next entry is due; nothing when there is none.
  std::optional<moment_type> next() const {
    return entries_.empty() ? std::nullopt : std::optional{entries_.front().at};
  }
  /// Takes what is due at `now` (at <= now), earliest first, at most `max`. Call again while it gives `max`.
  std::vector<Entry> pop_due(moment_type now, size_t max) {
    std::vector<Entry> due;
    while (due.size() < max && !entries_.empty() && entries_.front().at <= now)
      due.push_back(entries_.pop_front());
    return due;
  }
  size_t size() const noexcept {
    return entries_.size();
  }
  bool empty() const noexcept {
    return entries_.empty();
  }
  size_t memory_bytes() const noexcept {
    return entries_.memory_bytes();
  }
  /// Throws std::logic_error when the order is broken.
  void sanity_check() const {
    entries_.sanity_check();
  }

private:
  ordered_chunks<Entry, std::less<>> entries_;
};

} // namespace callboard
