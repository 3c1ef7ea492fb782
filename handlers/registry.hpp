#pragma once

#include "config/settings.hpp"
#include "core/error.hpp"
#include "handlers/handler.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

/// Checks payloads against the schemas of job types, compiled once. Const functions are thread-safe.
class payload_validator {
public:
  /// Throws std::invalid_argument, naming the type, for a schema that is none.
  explicit payload_validator(const handler_registry& types);
  ~payload_validator();
  payload_validator(payload_validator&&) noexcept;

  /// `payload` is valid JSON text. Errors: unknown_job_type (lists the known ones), invalid_payload with the field
  /// (`payload.to`), the reason and what is allowed.
  result<done> check(std::string_view type, std::string_view payload) const;

private:
  friend result<done> check_payload(const payload_validator&, std::string_view, const nlohmann::json&);
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace callboard
