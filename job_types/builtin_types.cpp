#include "job_types/builtin_types.hpp"

#include <algorithm>
#include <array>

namespace callboard {

std::span<const builtin_type* const> builtin_types() {
  static constexpr std::array all{
    &email_send_type, &data_processing_type, &file_upload_type, &http_request_type, &exec_type, &noop_type};
  return all;
}

const builtin_type* find_builtin_type(std::string_view name) {
  const auto all = builtin_types();
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto* t) { return t->name == name; });
  return found == all.end() ? nullptr : *found;
}

} // namespace callboard
