#include "core/job/job_template.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace callboard {

namespace {

constexpr std::string_view versions = "template-version/";

/// The names of the fields as stored.
constexpr std::string_view stored_version = "version", stored_first = "first", stored_changed = "changed",
                           stored_kind = "kind", stored_digest = "digest";

constexpr std::array<std::string_view, 2> kind_names{"job", "workflow"};

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
  return bad == std::errc{} && end == text.data() + text.size();
}

std::string changed_text(time_point t) {
  return std::string{stored_changed} + "=" + std::to_string(t.time_since_epoch().count());
}

bool read_time(std::string_view text, time_point& into) {
  int64_t us = 0;
  const bool good = read_number(text, us);
  into = time_point{duration{us}};
  return good;
}

bool read_kind(std::string_view text, template_kind& into) {
  const auto* found = std::find(kind_names.begin(), kind_names.end(), text);
  into = static_cast<template_kind>(found == kind_names.end() ? 0 : found - kind_names.begin());
  return found != kind_names.end();
}

bool read_field(std::string_view name, std::string_view value, template_head& h) {
  if (name == stored_version)
    return read_number(value, h.version);
  if (name == stored_first)
    return read_number(value, h.first);
  if (name == stored_changed)
    return read_time(value, h.changed_at);
  if (name == stored_kind)
    return read_kind(value, h.kind);
  if (name == stored_digest)
    h.digest = value;
  return true; // also one of a later program
}

/// The fields of the first line, each given to `read`; what is behind it. None: it is not of this form.
template <class Read>
std::optional<std::string_view> read_line(std::string_view text, Read&& read) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  for (auto line = text.substr(0, end); !line.empty();) {
    const auto field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos || !read(field.substr(0, equals), field.substr(equals + 1)))
      return std::nullopt;
  }
  return text.substr(end + 1);
}

error corrupt(std::string_view name) {
  return {ec::corrupt_record, "the record of template '" + std::string{name} + "' is damaged"};
}

} // namespace

std::string_view to_string(template_kind k) {
  return kind_names.at(static_cast<size_t>(k));
}

std::string template_version_prefix(std::string_view name) {
  return std::string{versions}.append(name).append("/");
}

std::string template_version_key(std::string_view name, uint32_t version) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%010u", version);
  return template_version_prefix(name) + number.data();
}

std::string to_text(const template_head& h) {
  const auto field = [](std::string_view name, std::string_view value) {
    return " " + std::string{name}.append("=").append(value);
  };
  return changed_text(h.changed_at) + field(stored_version, std::to_string(h.version)) +
         field(stored_first, std::to_string(h.first)) + field(stored_kind, to_string(h.kind)) +
         field(stored_digest, h.digest) + "\n" + h.description;
}

result<template_head> parse_template_head(std::string_view name, std::string_view text) {
  template_head h;
  h.name = name;
  const auto rest = read_line(text, [&h](auto field, auto value) { return read_field(field, value, h); });
  if (!rest || h.version == 0 || h.first == 0 || h.first > h.version)
    return corrupt(name);
  h.description = *rest;
  return h;
}

std::string to_text(const template_version& v) {
  return changed_text(v.changed_at).append("\n").append(v.definition.view());
}

result<template_version> parse_template_version(std::string_view key, std::string_view text) {
  key.remove_prefix(std::min(versions.size(), key.size()));
  const auto slash = key.find('/');
  template_version v;
  v.name = key.substr(0, slash);
  const auto rest =
    read_line(text, [&v](auto field, auto value) { return field != stored_changed || read_time(value, v.changed_at); });
  if (slash == std::string_view::npos || !read_number(key.substr(slash + 1), v.version) || !rest)
    return corrupt(v.name);
  v.definition = blob{std::string{*rest}};
  return v;
}

std::vector<template_head> read_templates(const std::vector<std::pair<std::string, std::string>>& facts,
                                          std::vector<std::string>& damaged) {
  std::vector<template_head> out;
  for (const auto& [key, text] : facts) {
    auto h = parse_template_head(std::string_view{key}.substr(template_prefix.size()), text);
    if (h)
      out.push_back(std::move(*h));
    else
      damaged.push_back(key);
  }
  return out;
}

} // namespace callboard
