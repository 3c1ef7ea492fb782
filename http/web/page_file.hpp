#pragma once

#include <span>
#include <string_view>

namespace callboard {

/// A file of the dashboard, as the build has put it into the program (web/embed.mjs).
struct page_file {
  std::string_view path; ///< below `/`: `assets/index-D3adB33f.js`; of the page itself empty
  std::string_view content_type;
  std::string_view etag; ///< weak: both forms are one file
  bool immutable;        ///< its name changes with its content
  std::string_view gzip;
  std::string_view plain;
};

/// All of them; none in a program that was built without the dashboard (CALLBOARD_WEB=OFF).
std::span<const page_file> page_files();

/// The description of the interface, as a file of the same kind.
std::span<const page_file> description_files();

} // namespace callboard
