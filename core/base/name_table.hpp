#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// Names (of queues, of job types) as small numbers, so that an index entry costs some bytes instead of a string. Each
/// number counts its users. A name without users keeps its number, for most come again; once `idle_kept` names are
/// idle, the number of the one that has been idle longest goes to the next new name. So clients that use ever other
/// names neither use up the table nor its memory. Numbers are dense from 0; they are not stored.
class name_table {
public:
  /// @param names_max  names that have users at the same time.  @param idle_kept  names without users that are
  /// remembered.
  explicit name_table(size_t names_max = 65'535, size_t idle_kept = 1000);

  struct numbered {
    uint32_t number = 0;
    bool fresh = false; ///< the number had no name, or another one: forget what you keep by it
  };
  /// The number of `name`, which now has one more user; nothing when the table is full.
  std::optional<numbered> acquire(std::string_view name);
  /// One user less. Precondition: acquired.
  void release(uint32_t number);

  /// Also of an idle name.
  std::optional<uint32_t> find(std::string_view name) const;

  /// Precondition: `number` was given by `acquire` and its name is in use or remembered. The view is valid until the
  /// number is given to another name.
  std::string_view name(uint32_t number) const;

  /// Calls `each(number, name)` for all names that are in use or remembered, by number.
  template <class Each>
  void for_each(Each&& each) const {
    for (size_t i = 0; i < rows_.size(); ++i)
      each(static_cast<uint32_t>(i), std::string_view{rows_[i].name});
  }

  bool is_used(uint32_t number) const {
    return rows_.at(number).users > 0;
  }

  /// Names that are in use or remembered.
  size_t size() const noexcept {
    return rows_.size();
  }

  /// Throws std::logic_error when the two directions contradict each other.
  void sanity_check() const;

private:
  struct row {
    std::string name;
    uint64_t users = 0;
    uint64_t idle_since = 0; // number of the release that made it idle; 0: in use
  };

  size_t names_max_;
  size_t idle_kept_;
  std::deque<row> rows_; // a deque never moves them
  std::unordered_map<std::string_view, uint32_t> numbers_;
  std::deque<std::pair<uint64_t, uint32_t>> idle_; // by release; those that are in use again are skipped
  size_t idle_count_ = 0;
  uint64_t releases_ = 0;
};

/// A set of job types by their number: what a worker can run.
class type_set {
public:
  /// The set of every type.
  static type_set any() {
    type_set s;
    s.any_ = true;
    return s;
  }

  void add(uint16_t type) {
    if (bits_.size() <= type / 64u)
      bits_.resize(type / 64u + 1);
    bits_[type / 64u] |= uint64_t{1} << (type % 64u);
  }
  void remove(uint16_t type) {
    if (type / 64u < bits_.size())
      bits_[type / 64u] &= ~(uint64_t{1} << (type % 64u));
    while (!bits_.empty() && bits_.back() == 0) // equal sets are equal bits
      bits_.pop_back();
  }
  bool meets(const type_set& other) const noexcept {
    if (any_ || other.any_)
      return (any_ || !bits_.empty()) && (other.any_ || !other.bits_.empty());
    for (size_t i = 0; i < std::min(bits_.size(), other.bits_.size()); ++i)
      if ((bits_[i] & other.bits_[i]) != 0)
        return true;
    return false;
  }
  bool contains(uint16_t type) const noexcept {
    return any_ || (type / 64u < bits_.size() && (bits_[type / 64u] >> (type % 64u) & 1u) != 0);
  }
  /// Those that are in both.
  friend type_set operator&(const type_set& a, const type_set& b) {
    if (a.any_)
      return b;
    type_set both = a;
    for (size_t i = 0; !b.any_ && i < both.bits_.size(); ++i)
      both.bits_[i] &= i < b.bits_.size() ? b.bits_[i] : 0;
    while (!both.bits_.empty() && both.bits_.back() == 0)
      both.bits_.pop_back();
    return both;
  }
  friend bool operator==(const type_set&, const type_set&) = default;
  /// Some order.
  friend bool operator<(const type_set& a, const type_set& b) {
    return std::tie(a.any_, a.bits_) < std::tie(b.any_, b.bits_);
  }

private:
  bool any_ = false;
  std::vector<uint64_t> bits_;
};

} // namespace callboard
