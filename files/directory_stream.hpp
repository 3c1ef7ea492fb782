#pragma once

#include <dirent.h>

#include <memory>

namespace callboard {

struct directory_stream_closer {
  void operator()(DIR* d) const noexcept {
    ::closedir(d);
  }
};

/// What readdir(3) reads from, closed at the end.
using directory_stream = std::unique_ptr<DIR, directory_stream_closer>;

} // namespace callboard
