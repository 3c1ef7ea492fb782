#pragma once

#include "core/base/time.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace callboard::simulate {

/// What is wrong with a scenario. Thrown inside the reader only.
struct bad_scenario : std::runtime_error {
  bad_scenario(std::string where, const std::string& why) : std::runtime_error(why), path(std::move(where)) {
  }
  std::string path;
};

/// Throws "PATH must be ALLOWED, not VALUE".
[[noreturn]] void refuse_value(const std::string& path, std::string_view allowed, const nlohmann::json& v);

/// A number of seconds, or a text as `1h30m`.
duration read_span(const nlohmann::json& v, const std::string& path);
/// A text, not empty.
std::string read_word(const nlohmann::json& v, const std::string& path);
uint64_t read_count(const nlohmann::json& v, const std::string& path, uint64_t min, uint64_t max);

/// The fields of one object of a scenario. Whatever is wrong is thrown, with its path.
class field_reader {
public:
  /// Throws when it is no object, or has a field that is not known.
  field_reader(const nlohmann::json& object, std::string path, std::initializer_list<std::string_view> known);

  const std::string& path() const {
    return path_;
  }
  std::string path_of(std::string_view name) const;
  const nlohmann::json* find(std::string_view name) const;
  const nlohmann::json& need(std::string_view name, std::string_view what) const;

  std::optional<std::string> word(std::string_view name) const;
  std::optional<duration> span(std::string_view name) const;
  std::optional<uint64_t> count(std::string_view name, uint64_t min, uint64_t max) const;
  bool flag(std::string_view name, bool otherwise) const;
  /// One of the texts that are allowed; its position.
  std::optional<size_t> choice(std::string_view name, std::initializer_list<std::string_view> allowed) const;
  /// An array, or null when there is none.
  const nlohmann::json* list(std::string_view name) const;

private:
  const nlohmann::json& object_;
  std::string path_;
};

} // namespace callboard::simulate
