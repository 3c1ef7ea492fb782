#include "job_types/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace callboard {

namespace {

/// Bytes that one compiled expression may take, with what it keeps while it matches.
constexpr int64_t pattern_memory_bytes_max = 8 << 20;

/// The number of \uXXXX at `at`.
std::optional<uint32_t> unicode_escape(std::string_view text, size_t at) {
  constexpr size_t digits = 4;
  if (text.substr(std::min(at, text.size()), 2) != "\\u" || text.size() < at + 2 + digits)
    return std::nullopt;
  uint32_t unit = 0;
  const char* end = text.data() + at + 2 + digits;
  const auto read = std::from_chars(text.data() + at + 2, end, unit, 16);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{unit} : std::nullopt;
}

/// \uXXXX of ECMAScript, or two of them that are one character, as RE2 writes it: \x{XXXX}.
std::string with_own_escapes(std::string_view text) {
  constexpr size_t escape_bytes = 6;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (auto unit = unicode_escape(text, i)) {
      i += escape_bytes;
      if (const auto low = unicode_escape(text, i); low && *unit >> 10 == 0x36 && *low >> 10 == 0x37) {
        unit = 0x10000 + ((*unit & 0x3FF) << 10) + (*low & 0x3FF);
        i += escape_bytes;
      }
      if (*unit >> 11 == 0x1B)
        throw pattern_fault{"a \\uXXXX is half of a surrogate pair"};
      std::array<char, 8> hex{};
      out.append("\\x{").append(hex.data(), std::to_chars(hex.begin(), hex.end(), *unit, 16).ptr).append("}");
      continue;
    }
    // What is escaped is passed over: in \\u the u is a letter.
    const size_t n = text[i] == '\\' ? 2 : 1;
    out += text.substr(i, n);
    i += n;
  }
  return out;
}

/// What RE2 does not have, by the way an expression says it; empty: something else is wrong.
std::string unsupported(const re2::RE2& r) {
  const auto& at = r.error_arg();
  if (r.error_code() == re2::RE2::ErrorBadPerlOp && (at.starts_with("(?=") || at.starts_with("(?!")))
    return "look-ahead is not supported";
  if (r.error_code() == re2::RE2::ErrorBadPerlOp && at.starts_with("(?<"))
    return "look-behind and (?<name>...) are not supported";
  if (r.error_code() == re2::RE2::ErrorBadEscape && at.size() == 2 && at[1] >= '1' && at[1] <= '9')
    return "back-references are not supported";
  if (r.error_code() == re2::RE2::ErrorRepeatSize)
    return "a count is 1000 at most, and counts within counts are multiplied";
  if (r.error_code() == re2::RE2::ErrorPatternTooLarge)
    return "it needs too much memory";
  return {};
}

} // namespace

pattern::pattern(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(pattern_memory_bytes_max);
  options.set_never_capture(true);
  auto compiled = std::make_shared<const re2::RE2>(with_own_escapes(text), options);
  if (!compiled->ok()) {
    const auto known = unsupported(*compiled);
    throw pattern_fault{(known.empty() ? std::string{} : known + ": ") + compiled->error() +
                        "; allowed is the syntax of RE2"};
  }
  compiled_ = std::move(compiled);
}

bool pattern::is_found_in(std::string_view value) const {
  return re2::RE2::PartialMatch(re2::StringPiece{value.data(), value.size()}, *compiled_);
}

} // namespace callboard
