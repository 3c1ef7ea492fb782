#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace callboard {

/// Longest form of a 64-bit varint: 7 bits a byte.
inline constexpr size_t varint_bytes_max = 10;

/// Maps signed to unsigned so that numbers near zero, of either sign, stay small as varints.
constexpr uint64_t zigzag(int64_t v) noexcept {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int64_t unzigzag(uint64_t v) noexcept {
  return static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

/// Appends numbers and strings to a string that the caller has reserved.
class byte_writer {
public:
  explicit byte_writer(std::string& out) : out_(out) {
  }

  void u8(uint8_t v) {
    out_.push_back(static_cast<char>(v));
  }

  /// Little-endian, always eight bytes: for numbers that fill them anyway.
  void fixed64(uint64_t v) {
    char buf[8];
    for (int i = 0; i < 8; ++i)
      buf[i] = static_cast<char>(v >> (8 * i));
    out_.append(buf, 8);
  }

  void varint(uint64_t v) {
    char buf[varint_bytes_max];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
      buf[n++] = static_cast<char>(v | 0x80);
    buf[n++] = static_cast<char>(v);
    out_.append(buf, n);
  }

  void text(std::string_view s) {
    varint(s.size());
    out_.append(s);
  }

  /// What `write(writer)` writes, with its length ahead, as `text` would: who reads may skip it.
  template <class Write>
  void sized(Write&& write) {
    const auto length_at = out_.size();
    out_.push_back(0); // the length, if one byte is enough
    write(*this);
    auto n = static_cast<uint64_t>(out_.size() - length_at - 1);
    if (n < 0x80) {
      out_[length_at] = static_cast<char>(n);
      return;
    }
    std::string length;
    byte_writer{length}.varint(n);
    out_.replace(length_at, 1, length);
  }

  /// A time as its distance from another: a few bytes instead of eight.
  void time_from(time_point base, time_point t) {
    // Unsigned arithmetic wraps, so that any two times are written and read back exactly.
    const auto delta =
      static_cast<uint64_t>(t.time_since_epoch().count()) - static_cast<uint64_t>(base.time_since_epoch().count());
    varint(zigzag(static_cast<int64_t>(delta)));
  }

private:
  std::string& out_;
};

/// Reads what byte_writer wrote. Bytes may come from a damaged disk: nothing is read beyond the end. The first
/// failure sticks (`ok()` is false from then on) and everything after it reads as zero or empty.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
  }

  bool ok() const noexcept {
    return ok_;
  }
  /// True when all was read, without a failure.
  bool finished() const noexcept {
    return ok_ && at_ == end_;
  }
  size_t left() const noexcept {
    return static_cast<size_t>(end_ - at_);
  }
  void fail() noexcept {
    ok_ = false;
    at_ = end_;
  }

  uint8_t u8() noexcept {
    if (at_ == end_) {
      fail();
      return 0;
    }
    return static_cast<uint8_t>(*at_++);
  }

  /// An enumeration stored as one byte, whose greatest value is `last`.
  template <class E>
  E enumerator(E last) noexcept {
    const uint8_t v = u8();
    if (v > static_cast<uint8_t>(last))
      fail();
    return ok_ ? static_cast<E>(v) : E{};
  }

  uint64_t fixed64() noexcept {
    if (left() < 8) {
      fail();
      return 0;
    }
    uint64_t v = 0;
    for (int i = 0; i < 8; ++i)
      v |= static_cast<uint64_t>(static_cast<uint8_t>(at_[i])) << (8 * i);
    at_ += 8;
    return v;
  }

  uint64_t varint() noexcept {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_)
        break;
      const auto b = static_cast<uint8_t>(*at_++);
      // The tenth byte holds the top bit only; and a last byte of zero would be a second way to write a number.
      if ((shift == 63 && b > 1) || (shift > 0 && b == 0))
        break;
      v |= static_cast<uint64_t>(b & 0x7F) << shift;
      if (b < 0x80)
        return v;
    }
    fail();
    return 0;
  }

  uint32_t varint32() noexcept {
    const uint64_t v = varint();
    if (v > std::numeric_limits<uint32_t>::max())
      fail();
    return ok_ ? static_cast<uint32_t>(v) : 0;
  }

  /// How many elements follow. A count that cannot fit into what is left (each takes `element_bytes_min`) is a
  /// failure here, before anybody reserves memory for it.
  size_t count(size_t element_bytes_min) noexcept {
    const uint64_t n = varint();
    if (n > left() / element_bytes_min)
      fail();
    return ok_ ? static_cast<size_t>(n) : 0;
  }

  /// Points into the bytes given.
  std::string_view text() noexcept {
    const size_t n = count(1);
    const std::string_view s{at_, n};
    at_ += n;
    return s;
  }

  /// Everything that is left.
  std::string_view rest() noexcept {
    const std::string_view s{at_, left()};
    at_ = end_;
    return s;
  }

  time_point time_from(time_point base) noexcept {
    const auto delta = static_cast<uint64_t>(unzigzag(varint()));
    return time_point{duration{static_cast<int64_t>(static_cast<uint64_t>(base.time_since_epoch().count()) + delta)}};
  }

private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

} // namespace callboard
