#pragma once

#include <string_view>

namespace callboard {

/// The description of the REST interface: an OpenAPI 3.1 document in JSON.
struct api_document {
  std::string_view etag; ///< weak: both forms are one document
  std::string_view gzip;
  std::string_view plain;
};

/// As the build has put it together from the files beside this one (assemble.py).
const api_document& openapi_document();

} // namespace callboard
