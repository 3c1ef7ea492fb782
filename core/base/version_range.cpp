#include "core/base/version_range.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view digits = "0123456789";

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

std::optional<uint32_t> number_of(std::string_view text) {
  uint32_t n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (!is_number(text) || bad != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

/// The text up to the mark, which is taken off with it.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return part;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

/// Compares as numbers what is one, whatever its length.
std::strong_ordering compare(std::string_view a, std::string_view b) {
  const bool numbers[] = {is_number(a), is_number(b)};
  if (numbers[0] != numbers[1])
    return numbers[0] ? std::strong_ordering::less : std::strong_ordering::greater;
  if (numbers[0] && a.size() != b.size())
    return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// A version of which the last numbers may be missing, or an `x`.
struct partial_version {
  semantic_version least; ///< missing numbers are 0
  int numbers = 0;        ///< 0 to 3 that are given

  /// The first version behind all that the first `n` numbers name; with n = 0 there is none.
  semantic_version next(int n) const {
    auto v = least;
    v.pre.clear();
    if (n == 1)
      return {v.major + 1, 0, 0, {}};
    if (n == 2)
      return {v.major, v.minor + 1, 0, {}};
    return {v.major, v.minor, v.patch + 1, {}};
  }
};

std::optional<partial_version> parse_partial(std::string_view text) {
  if (text.starts_with('v'))
    text.remove_prefix(1);
  partial_version out;
  auto rest = take_until(text, "+"); // the build does not count
  const bool has_pre = rest.find('-') != std::string_view::npos;
  auto core = take_until(rest, "-");
  if (has_pre && rest.empty())
    return std::nullopt;
  std::array<uint32_t*, 3> into{&out.least.major, &out.least.minor, &out.least.patch};
  bool open = false; // an `x` was there: only others follow
  for (size_t i = 0; !core.empty(); ++i) {
    if (i == into.size())
      return std::nullopt;
    const bool more = core.find('.') != std::string_view::npos;
    const auto part = take_until(core, ".");
    if (more && core.empty())
      return std::nullopt;
    if (part == "x" || part == "X" || part == "*") {
      open = true;
      continue;
    }
    const auto n = number_of(part);
    if (!n || open || *n == UINT32_MAX || (part.size() > 1 && part.front() == '0'))
      return std::nullopt;
    *into.at(i) = *n;
    out.numbers = static_cast<int>(i) + 1;
  }
  if (out.numbers == 0 && !open)
    return std::nullopt;
  while (!rest.empty()) {
    const bool more = rest.find('.') != std::string_view::npos;
    const auto part = take_until(rest, ".");
    const bool leading_zero = is_number(part) && part.size() > 1 && part.front() == '0';
    if (!is_identifier(part) || leading_zero || out.numbers < 3 || (more && rest.empty()))
      return std::nullopt;
    out.least.pre.emplace_back(part);
  }
  return out;
}

} // namespace

std::strong_ordering operator<=>(const semantic_version& a, const semantic_version& b) {
  if (const auto c = std::tie(a.major, a.minor, a.patch) <=> std::tie(b.major, b.minor, b.patch); c != 0)
    return c;
  if (a.pre.empty() || b.pre.empty())
    return a.pre.empty() <=> b.pre.empty(); // the release comes last
  for (size_t i = 0; i < std::min(a.pre.size(), b.pre.size()); ++i)
    if (const auto c = compare(a.pre[i], b.pre[i]); c != 0)
      return c;
  return a.pre.size() <=> b.pre.size();
}

std::optional<semantic_version> parse_version(std::string_view text) {
  auto p = parse_partial(text);
  if (!p || p->numbers == 0 || text.find_first_of("xX*") < text.find_first_of("-+"))
    return std::nullopt;
  return std::move(p->least);
}

bool version_range::bound::holds(const semantic_version& v) const {
  switch (is) {
  case side::at_least:
    return v >= version;
  case side::above:
    return v > version;
  case side::below:
    return v < version;
  case side::at_most:
    return v <= version;
  case side::exactly:
    break;
  }
  return v == version;
}

/// One comparator. False: it is none.
bool version_range::add(std::string_view text, all_of& to) {
  using side = bound::side;
  static constexpr std::array<std::string_view, 7> signs{">=", "<=", ">", "<", "=", "^", "~"};
  const auto* sign = std::find_if(signs.begin(), signs.end(), [&](auto s) { return text.starts_with(s); });
  const auto op = sign != signs.end() ? *sign : std::string_view{};
  const auto p = parse_partial(trimmed(text.substr(op.size())));
  if (!p)
    return false;
  const auto n = p->numbers;
  const auto from = [&] { to.push_back({side::at_least, p->least}); };
  const auto up_to = [&](int numbers) { to.push_back({side::below, p->next(numbers)}); };
  if (op == "<") {
    to.push_back({side::below, p->least});
  } else if (op == ">") {
    if (n == 0)
      to.push_back({side::below, {}}); // nothing is above everything
    else
      to.push_back(n == 3 ? bound{side::above, p->least} : bound{side::at_least, p->next(n)});
  } else if (n == 0 || op == ">=") {
    from();
  } else if (op == "<=") {
    if (n == 3)
      to.push_back({side::at_most, p->least});
    else
      up_to(n);
  } else if (op == "^") { // the first number that is not 0 stays
    from();
    const auto& v = p->least;
    up_to(v.major > 0 || n == 1 ? 1 : v.minor > 0 || n == 2 ? 2 : 3);
  } else if (op == "~") {
    from();
    up_to(std::min(n, 2));
  } else if (n == 3) {
    to.push_back({side::exactly, p->least});
  } else {
    from();
    up_to(n);
  }
  return true;
}

result<version_range> version_range::parse(std::string_view text) {
  const auto bad = [](std::string_view part) {
    return error{ec::invalid_value, "'" + std::string{part} +
                                      "' is no range of versions; allowed are such as 1.4.2, 1.x, ^1.2, ~1.2.3, "
                                      ">=1.2 <3, *, several with spaces or || between them"};
  };
  version_range r;
  auto rest = text;
  bool more = true;
  while (more) {
    more = rest.find("||") != std::string_view::npos;
    auto part = trimmed(take_until(rest, "||"));
    if (part.empty())
      return bad(text);
    auto& all = r.any_.emplace_back();
    while (!part.empty()) {
      auto one = take_until(part, " ");
      part = trimmed(part);
      if (!add(one, all))
        return bad(one);
    }
  }
  return r;
}

bool version_range::contains(const semantic_version& v) const {
  return std::any_of(any_.begin(), any_.end(), [&](const all_of& all) {
    const auto same_release = [&](const bound& b) {
      return !b.version.pre.empty() && b.version.major == v.major && b.version.minor == v.minor &&
             b.version.patch == v.patch;
    };
    return std::all_of(all.begin(), all.end(), [&](const bound& b) { return b.holds(v); }) &&
           (v.pre.empty() || std::any_of(all.begin(), all.end(), same_release));
  });
}

bool in_version_range(std::string_view version, std::string_view range) {
  const auto v = parse_version(version);
  const auto r = version_range::parse(range);
  return v && r && r->contains(*v);
}

} // namespace callboard
