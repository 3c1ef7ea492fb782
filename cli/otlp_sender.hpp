#pragma once

#include "config/tracing_settings.hpp"
#include "core/base/error.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tracing/export_answer.hpp"

namespace callboard {

/// The lines of `tracing.headers_file`. Errors: of reading it, and invalid_value for a line that is no header; neither
/// repeats what is in it.
result<std::vector<std::string>> read_export_headers(const tracing_settings& s);

/// Sends spans to a collector, over a connection that is kept. For one thread.
class otlp_sender {
public:
  otlp_sender(const tracing_settings& s, std::vector<std::string> headers);
  ~otlp_sender();
  otlp_sender(const otlp_sender&) = delete;
  otlp_sender& operator=(const otlp_sender&) = delete;

  /// Waits for the answer, at most `tracing.timeout`.
  export_answer send(const std::string& body);

private:
  struct transfer;
  const std::string endpoint_;
  const duration timeout_;
  std::unique_ptr<transfer> transfer_;
};

/// What sends spans as the settings say. Errors as of `read_export_headers`.
result<std::function<export_answer(const std::string&)>> make_otlp_sender(const tracing_settings& s);

} // namespace callboard
