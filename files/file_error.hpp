#pragma once

#include "core/base/error.hpp"

#include <filesystem>
#include <string_view>
#include <system_error>

namespace callboard {

/// `data/lock cannot be opened: Permission denied`. @param cannot  be done with it. @param code  of errno.
/// Always internal_error.
inline error file_error(const std::filesystem::path& file, std::string_view cannot, int code) {
  return {ec::internal_error,
          file.string() + " cannot be " + std::string{cannot} + ": " + std::generic_category().message(code)};
}

} // namespace callboard
