#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_record.hpp"

namespace callboard {

/// Follows a chain of records, line by line. After a fault it goes on with what the faulty line says of itself, so
/// that one damaged place is one fault, or two. Pure.
class audit_chain {
public:
  /// Takes the next line, without its end. Returns why it does not fit; nothing: it does.
  std::optional<std::string> take(std::string_view line);
  /// The last record that could be read; null: there was none.
  const audit_record* last() const {
    return last_ ? &*last_ : nullptr;
  }
  /// Sequence and hash of the last record, or of the beginning.
  uint64_t sequence() const {
    return last_ ? last_->sequence : 0;
  }
  std::string_view hash() const {
    return last_ ? std::string_view{last_->hash} : audit_chain_begin;
  }
  /// What the first record names as the one before it.
  uint64_t first_sequence() const {
    return first_sequence_;
  }
  const std::string& first_previous() const {
    return first_previous_;
  }

private:
  std::optional<audit_record> last_;
  uint64_t first_sequence_ = 0;
  std::string first_previous_;
  bool gap_ = false; // the line before could not be read
};

/// What a text of whole lines holds: calls `each(number, line)`, counted from 1. Returns how many bytes at its end are
/// no whole line.
template <class Each>
size_t for_each_audit_line(std::string_view text, Each each) {
  uint64_t number = 0;
  size_t at = 0;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', at)) {
    each(++number, text.substr(at, end - at));
    at = end + 1;
  }
  return text.size() - at;
}

} // namespace callboard
