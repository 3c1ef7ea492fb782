#pragma once

#include "core/base/blob.hpp"
#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What a template makes. Values are stored: never renumber.
enum class template_kind : uint8_t { job = 0, workflow = 1 };

std::string_view to_string(template_kind k);

/// What the scheduler has of a template in memory; its definition is on the disk.
struct template_head {
  std::string name;
  uint32_t version = 0;    ///< the present one; the first is 1
  uint32_t first = 0;      ///< the oldest that is kept
  time_point changed_at{}; ///< when the present version was accepted
  template_kind kind = template_kind::job;
  std::string digest; ///< of the definition: the same content has the same
  std::string description;
  friend bool operator==(const template_head&, const template_head&) = default;
};
/// By name.
using template_heads = std::map<std::string, template_head, std::less<>>;

/// A template as a client defines it, checked by everything that needs no scheduler.
struct template_draft {
  std::string name;
  template_kind kind = template_kind::job;
  std::string digest;
  std::string description;
  blob definition; ///< JSON text, which the scheduler does not read
};

/// One version of a template.
struct template_version {
  std::string name;
  uint32_t version = 0;
  time_point changed_at{};
  blob definition;
};
/// Versions of one template, latest first.
struct template_versions {
  std::vector<template_version> versions;
};

/// What came of a definition.
struct template_change {
  template_head head;
  bool created = false; ///< it is a new template
};

/// Templates in the order of their names.
struct template_page {
  std::vector<template_head> templates;
  std::optional<std::string> next; ///< the page after this one begins behind that name; none: this was the last
};

// Templates are facts (`meta`) of the store: `template/NAME` holds the head, `template-version/NAME/NUMBER` each
// version that is kept.

inline constexpr std::string_view template_prefix = "template/";
/// Of all versions of a template, in their order.
std::string template_version_prefix(std::string_view name);
/// Of one version.
std::string template_version_key(std::string_view name, uint32_t version);

/// As stored: a line of fields, and behind it the description.
std::string to_text(const template_head& h);
/// @param name  from the fact's key. Error: corrupt_record.
result<template_head> parse_template_head(std::string_view name, std::string_view text);
/// As stored: a line of fields, and behind it the definition.
std::string to_text(const template_version& v);
/// From the fact's key and its value. Error: corrupt_record.
result<template_version> parse_template_version(std::string_view key, std::string_view text);

/// From the store's facts with `template_prefix`. @param damaged  gets the names of those that cannot be read.
std::vector<template_head> read_templates(const std::vector<std::pair<std::string, std::string>>& facts,
                                          std::vector<std::string>& damaged);

} // namespace callboard
