#pragma once

#include "http/api/template_content.hpp"

#include <optional>
#include <string_view>

namespace callboard {

/// A template as a client defines it.
struct parsed_template {
  template_draft draft;
  std::optional<uint32_t> version; ///< that it expects to replace; 0: none
};

/// Reads the body of `PUT /api/templates/{name}`, checked by everything that needs no scheduler. Errors:
/// malformed_json, missing_field, unknown_field, invalid_value, out_of_range, body_too_large; for the definition those
/// of a submit, see `check_without_values`.
result<parsed_template> parse_template(const api& a, std::string_view text, const std::string& name);

/// A definition that was stored, to be defined anew.
result<template_draft> draft_of(const template_version& v, uint32_t depth_max);

/// Reads the body of `POST /api/templates/{name}/submit`; an empty one asks for nothing special. Which parameters and
/// overrides are right depends on the template. @param version  gets the one that is asked for.
/// @param key_header  the Idempotency-Key header, which counts when the body has none.
result<template_request> parse_template_request(const api& a, std::string_view text, std::string_view key_header,
                                                std::optional<uint32_t>& version);
/// Fields of the job that a submit may not change, or any of a workflow. Errors, of `overrides`: invalid_value.
std::optional<error> check_overrides(const template_content& t, const template_request& r);

/// The `version` of a body that has nothing else. Errors: missing_field, those of a field.
result<uint32_t> parse_template_version_wish(const api& a, std::string_view text);

} // namespace callboard
