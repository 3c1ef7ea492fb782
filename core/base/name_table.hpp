#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Names (of queues, of job types) as small numbers, so that an index entry costs two bytes instead of a string.
/// Numbers are dense from 0 and valid for the life of the table; they are not stored.
class name_table {
public:
  /// Different names a table takes.
  static constexpr size_t names_max = 65'535;

  /// The number of `name`, a new one if need be; nothing when the table is full.
  std::optional<uint16_t> intern(std::string_view name);

  std::optional<uint16_t> find(std::string_view name) const;

  /// Precondition: `index` was given by `intern`. The view is valid as long as the table.
  std::string_view name(uint16_t index) const;

  size_t size() const noexcept {
    return names_.size();
  }

  /// Throws std::logic_error when the two directions contradict each other.
  void sanity_check() const;

private:
  std::deque<std::string> names_; // a deque never moves them
  std::unordered_map<std::string_view, uint16_t> indices_;
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
  }
  bool contains(uint16_t type) const noexcept {
    return any_ || (type / 64u < bits_.size() && (bits_[type / 64u] >> (type % 64u) & 1u) != 0);
  }
  friend bool operator==(const type_set&, const type_set&) = default;

private:
  bool any_ = false;
  std::vector<uint64_t> bits_;
};

} // namespace callboard
