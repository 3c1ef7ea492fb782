#pragma once

#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <ostream>
#include <string>

namespace callboard {

/// Prints the members of something for people, a line each: a label, and the text beside it.
class member_lines {
public:
  explicit member_lines(std::ostream& out) : out_(out) {
  }
  /// Nothing when the text is empty.
  void line(const std::string& label, const std::string& text);

private:
  std::ostream& out_;
};

/// A time that is a member of an object, and how far away it is; empty when it is missing.
std::string time_text(const nlohmann::ordered_json& object, const char* name, time_point now);
/// The items of an array of strings, with blanks between them.
std::string items_text(const nlohmann::ordered_json& object, const char* name);
/// JSON over several lines, those after the first indented to stand below it; safe for a terminal.
std::string value_lines(const nlohmann::ordered_json& object, const char* name);

} // namespace callboard
