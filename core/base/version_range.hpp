#pragma once

#include "core/base/error.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A version as Semantic Versioning 2.0.0 has it; the build (`+…`) is left out, as it does not count.
struct semantic_version {
  uint32_t major = 0, minor = 0, patch = 0;
  /// Identifiers of a pre-release: `rc`, `1`; empty: it is a release.
  std::vector<std::string> pre;

  /// By §11: a pre-release comes before its release; numbers before texts, numbers by value.
  friend std::strong_ordering operator<=>(const semantic_version& a, const semantic_version& b);
  friend bool operator==(const semantic_version&, const semantic_version&) = default;
};

/// Reads `1.4.2`, `1.4`, `1`, `2.0.0-rc.1+build`, also with a `v` before it. Nothing for any other text.
std::optional<semantic_version> parse_version(std::string_view text);

/// A set of versions as package managers write it (that of npm's semver): `^1.2`, `~1.2.3`, `1.x`, `1.2`, `>=1.2 <3`,
/// `=1.2.3`,
/// `*`, several with spaces between them, which must all hold, or with `||`, of which one must. A pre-release is in it
/// only where one of the same three numbers is named.
class version_range {
public:
  /// Error: invalid_value that says what is wrong.
  static result<version_range> parse(std::string_view text);

  bool contains(const semantic_version& v) const;

private:
  struct bound {
    enum class side : uint8_t { at_least, above, below, at_most, exactly };
    side is = side::exactly;
    semantic_version version;
    bool holds(const semantic_version& v) const;
  };
  using all_of = std::vector<bound>;
  static bool add(std::string_view text, all_of& to);

  std::vector<all_of> any_;
};

/// The version is in the range; false also when one of the texts is none.
bool in_version_range(std::string_view version, std::string_view range);

} // namespace callboard
