#include "http/web/page_file.hpp"

namespace callboard {

std::span<const page_file> page_files() {
  return {};
}

} // namespace callboard
