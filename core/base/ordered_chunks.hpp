#pragma once

#include "core/base/invariant.hpp"
#include "core/base/two_ended_vector.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace callboard {

/// A sorted set of small, trivially copyable elements, kept in chunks: a B+ tree of two levels.
///
/// Why not std::set: a node costs 40 bytes of pointers and allocator overhead per element; here the overhead is the
/// free room of the chunks. Elements that arrive in order fill their chunks completely (no halving at the end);
/// random insertion leaves about a tenth free. Insert, erase and find take O(log n) comparisons and move at most
/// one chunk; taking from the front moves nothing. absl::btree_set takes more memory, and longer where elements arrive
/// in order or go at the front (docs/performance.md has the figures).
///
/// `Less` is transparent: it compares elements with elements and with whatever is used as a key. No two elements are
/// equivalent under it. Every insert or erase invalidates iterators and pointers.
template <class T, class Less, size_t ChunkMax = 256>
class ordered_chunks {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(ChunkMax >= 4);

  struct chunk {
    std::vector<T> items;
    size_t head = 0; // elements before it were taken from the front

    const T* begin() const noexcept {
      return items.data() + head;
    }
    const T* end() const noexcept {
      return items.data() + items.size();
    }
    size_t size() const noexcept {
      return items.size() - head;
    }
  };

public:
  class const_iterator {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;

    reference operator*() const {
      return owner_->chunks_[chunk_].begin()[at_];
    }
    pointer operator->() const {
      return &**this;
    }
    const_iterator& operator++() {
      if (++at_ == owner_->chunks_[chunk_].size()) {
        ++chunk_;
        at_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    const_iterator& operator--() {
      if (at_ == 0)
        at_ = owner_->chunks_[--chunk_].size();
      --at_;
      return *this;
    }
    const_iterator operator--(int) {
      auto before = *this;
      --*this;
      return before;
    }
    friend bool operator==(const const_iterator& a, const const_iterator& b) noexcept {
      return a.chunk_ == b.chunk_ && a.at_ == b.at_;
    }

  private:
    friend class ordered_chunks;
    const_iterator(const ordered_chunks* owner, size_t chunk, size_t at) : owner_(owner), chunk_(chunk), at_(at) {
    }

    const ordered_chunks* owner_ = nullptr;
    size_t chunk_ = 0;
    size_t at_ = 0;
  };

  size_t size() const noexcept {
    return size_;
  }
  bool empty() const noexcept {
    return size_ == 0;
  }
  const_iterator begin() const noexcept {
    return {this, 0, 0};
  }
  const_iterator end() const noexcept {
    return {this, chunks_.size(), 0};
  }

  /// The smallest and the largest element. Precondition: not empty.
  const T& front() const {
    CB_INVARIANT(size_ > 0, "an empty set has no first element");
    return *chunks_.front().begin();
  }
  const T& back() const {
    CB_INVARIANT(size_ > 0, "an empty set has no last element");
    return chunks_.back().end()[-1];
  }

  /// The first element that is not less than `key`, or end.
  template <class Key>
  const_iterator lower_bound(const Key& key) const {
    const size_t c = chunk_of(key);
    if (c == chunks_.size())
      return end();
    return {this, c, position_in(chunks_[c], key)};
  }

  /// How many elements come before `key`. O(chunks).
  template <class Key>
  size_t rank(const Key& key) const {
    const auto at = lower_bound(key);
    size_t n = at.at_;
    for (size_t c = 0; c < at.chunk_; ++c)
      n += chunks_[c].size();
    return n;
  }

  /// The element equivalent to `key`, or null. What orders it must not be changed through the pointer. It is looked for
  /// where the last one was found: users touch one element several times in a row. So no two threads may call it.
  template <class Key>
  const T* find(const Key& key) const {
    if (const T* x = at(found_); x && !less_(*x, key) && !less_(key, *x))
      return x;
    const size_t c = chunk_of(key);
    if (c == chunks_.size())
      return nullptr;
    found_ = {c, position_in(chunks_[c], key)};
    const T* x = at(found_);
    return less_(key, *x) ? nullptr : x;
  }
  template <class Key>
  T* find(const Key& key) {
    return const_cast<T*>(std::as_const(*this).find(key));
  }
  template <class Key>
  bool contains(const Key& key) const {
    return find(key) != nullptr;
  }

  /// False, and nothing changes, when an equivalent element is there already.
  bool insert(const T& value) {
    if (size_ == 0 || less_(back(), value)) { // most arrive in order: no search for them
      append(value);
      return true;
    }
    size_t c = chunk_of(value);
    size_t at = position_in(chunks_[c], value);
    if (!less_(value, chunks_[c].begin()[at]))
      return false;
    if (chunks_[c].size() == ChunkMax) {
      split(c);
      if (at > chunks_[c].size()) {
        at -= chunks_[c].size();
        ++c;
      }
    }
    auto& into = chunks_[c];
    if (at == 0 && into.head > 0) {
      into.items[--into.head] = value;
    } else {
      make_room(into);
      into.items.insert(into.items.begin() + static_cast<std::ptrdiff_t>(into.head + at), value);
    }
    ++size_;
    return true;
  }

  /// False when there is no such element.
  template <class Key>
  bool erase(const Key& key) {
    const size_t c = chunk_of(key);
    if (c == chunks_.size())
      return false;
    const size_t at = position_in(chunks_[c], key);
    if (less_(key, chunks_[c].begin()[at]))
      return false;
    erase_at(c, at);
    return true;
  }

  /// Takes the smallest element. Precondition: not empty.
  T pop_front() {
    T value = front();
    erase_at(0, 0);
    return value;
  }

  void clear() noexcept {
    chunks_.clear();
    size_ = 0;
  }

  /// Bytes held, free room included.
  size_t memory_bytes() const noexcept {
    size_t sum = chunks_.capacity() * sizeof(chunk);
    for (const auto& c : chunks_)
      sum += c.items.capacity() * sizeof(T);
    return sum;
  }

  /// Throws std::logic_error when the structure contradicts itself. O(n).
  void sanity_check() const {
    size_t n = 0;
    const T* before = nullptr;
    for (const auto& c : chunks_) {
      CB_INVARIANT(c.size() > 0 && c.size() <= ChunkMax, "a chunk is neither empty nor too large");
      for (const T* x = c.begin(); x != c.end(); ++x, ++n) {
        CB_INVARIANT(!before || less_(*before, *x), "elements ascend");
        before = x;
      }
    }
    CB_INVARIANT(n == size_, "the size is the number of elements");
  }

private:
  struct place {
    size_t chunk = 0;
    size_t index = 0;
  };

  // The element there, or null when there is none.
  const T* at(const place& p) const noexcept {
    return p.chunk < chunks_.size() && p.index < chunks_[p.chunk].size() ? chunks_[p.chunk].begin() + p.index : nullptr;
  }

  static constexpr size_t first_capacity = ChunkMax < 8 ? ChunkMax : 8;

  // The first chunk whose last element is not less than `key`, or the number of chunks.
  template <class Key>
  size_t chunk_of(const Key& key) const {
    const auto it =
      std::partition_point(chunks_.begin(), chunks_.end(), [&](const chunk& c) { return less_(c.end()[-1], key); });
    return static_cast<size_t>(it - chunks_.begin());
  }

  template <class Key>
  size_t position_in(const chunk& c, const Key& key) const {
    return static_cast<size_t>(std::partition_point(c.begin(), c.end(), [&](const T& x) { return less_(x, key); }) -
                               c.begin());
  }

  // A chunk which ends at its limit is not compacted while it is more than half full: a line that is taken from the
  // front as fast as it grows would move nearly a whole chunk each time.
  void append(const T& value) {
    if (chunks_.empty()) {
      chunks_.emplace_back();
    } else if (chunks_.back().items.size() == ChunkMax && chunks_.back().size() > ChunkMax / 2) {
      chunks_.emplace_back().items.reserve(ChunkMax); // what follows a full chunk will fill its own
    }
    make_room(chunks_.back());
    chunks_.back().items.push_back(value);
    ++size_;
  }

  // A quarter more than there is. Doubling would leave a third of all memory unused when keys come in random order.
  static size_t grown(size_t size) noexcept {
    return std::min(ChunkMax, size + std::max(size / 4, first_capacity));
  }

  // Room for one more element; what was taken from the front is given up.
  static void make_room(chunk& c) {
    if (c.items.size() < c.items.capacity())
      return;
    if (c.head > 0)
      rebuild(c, grown(c.size()));
    else
      c.items.reserve(grown(c.items.size()));
  }

  static void rebuild(chunk& c, size_t capacity) {
    std::vector<T> fresh;
    fresh.reserve(std::max(capacity, c.size() + 1));
    fresh.assign(c.begin(), c.end());
    c.items.swap(fresh);
    c.head = 0;
  }

  void split(size_t c) {
    chunk upper;
    const size_t half = chunks_[c].size() / 2;
    upper.items.reserve(grown(half));
    upper.items.assign(chunks_[c].begin() + half, chunks_[c].end());
    chunks_[c].items.resize(chunks_[c].head + half);
    rebuild(chunks_[c], grown(half));
    chunks_.insert(c + 1, std::move(upper));
  }

  void erase_at(size_t c, size_t at) {
    auto& from = chunks_[c];
    const auto gone = from.items.begin() + static_cast<std::ptrdiff_t>(from.head + at);
    if (at < from.size() / 2) { // the shorter part moves
      std::move_backward(from.items.begin() + static_cast<std::ptrdiff_t>(from.head), gone, gone + 1);
      ++from.head;
    } else {
      from.items.erase(gone);
    }
    --size_;
    if (from.size() == 0) {
      chunks_.erase(c);
      return;
    }
    if (from.size() < ChunkMax / 2 && (merge(c) || (c > 0 && merge(c - 1))))
      return;
    if (from.items.capacity() > 2 * first_capacity && from.size() * 4 < from.items.capacity())
      rebuild(from, from.size() * 2);
  }

  // Joins a chunk with its successor when both fill at most three quarters of one.
  bool merge(size_t c) {
    if (c + 1 >= chunks_.size() || chunks_[c].size() + chunks_[c + 1].size() > ChunkMax * 3 / 4)
      return false;
    rebuild(chunks_[c], chunks_[c].size() + chunks_[c + 1].size());
    chunks_[c].items.insert(chunks_[c].items.end(), chunks_[c + 1].begin(), chunks_[c + 1].end());
    chunks_.erase(c + 1);
    return true;
  }

  two_ended_vector<chunk> chunks_; ///< in a queue, most that become empty are near the front
  size_t size_ = 0;
  mutable place found_; ///< of the last find; may be of another element by now, or of none
  [[no_unique_address]] Less less_;
};

} // namespace callboard
