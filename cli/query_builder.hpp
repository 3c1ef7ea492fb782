#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// The address of a request: a path, and the parameters of its query in the order in which they were added.
class query_builder {
public:
  /// @param path  escaped already.
  explicit query_builder(std::string path) : target_(std::move(path)) {
  }
  /// The value is escaped here. An empty one is a filter that was not given, and adds nothing.
  query_builder& add(std::string_view name, std::string_view value);
  query_builder& add(std::string_view name, uint64_t value);
  query_builder& add(std::string_view name, const std::optional<uint32_t>& value);

  const std::string& target() const noexcept {
    return target_;
  }

private:
  std::string target_;
  char separator_ = '?';
};

} // namespace callboard
