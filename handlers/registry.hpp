#pragma once

#include "config/settings.hpp"
#include "handlers/handler.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "job_types/payload_validator.hpp"

namespace callboard {

/// The job types a worker can run.
class handler_registry {
public:
  /// Throws std::invalid_argument for a second handler of the same type.
  void add(std::shared_ptr<handler> h);
  /// Null when unknown.
  handler* find(std::string_view type) const;
  std::vector<std::string> types() const;
  const std::vector<std::shared_ptr<handler>>& all() const {
    return handlers_;
  }

private:
  std::vector<std::shared_ptr<handler>> handlers_;
};

class job_cgroups;

/// email_send, data_processing, file_upload, http_request, exec, noop, with the worker's settings.
/// @param groups  see `make_exec`
handler_registry make_builtin_handlers(const handler_settings& s, std::shared_ptr<job_cgroups> groups = nullptr);

/// Checks payloads by the handlers' own schemas. Throws std::invalid_argument, naming the type, for a schema that is
/// none.
payload_validator make_validator(const handler_registry& types);

} // namespace callboard
