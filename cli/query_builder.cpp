#include "cli/query_builder.hpp"

#include "cli/rest_client.hpp"

#include <utility>

namespace callboard {

query_builder& query_builder::add(std::string_view name, std::string_view value) {
  if (!value.empty())
    target_.append(1, std::exchange(separator_, '&')).append(name).append("=").append(url_escaped(value));
  return *this;
}

query_builder& query_builder::add(std::string_view name, uint64_t value) {
  return add(name, std::to_string(value));
}

query_builder& query_builder::add(std::string_view name, const std::optional<uint32_t>& value) {
  return value ? add(name, uint64_t{*value}) : *this;
}

} // namespace callboard
