#pragma once

#include "config/loader.hpp"
#include "http/api/router.hpp"

#include <optional>

namespace callboard {

/// The settings with which the process runs, with those that the REST interface has nothing to do with. An
/// `accepted_types` that can tell them is one of these as well. Called on the threads of the REST interface, on several
/// at once.
class settings_source {
public:
  virtual ~settings_source() = default;
  /// Constant while the server runs.
  virtual const loaded_settings& effective() const = 0;
};

/// `GET /api/settings`: every setting with its value, default and origin; of a secret only whether it is set.
/// Error: not_found where nobody tells settings.
std::optional<http_response> tell_settings(const request_context& c, const responder& to);

} // namespace callboard
