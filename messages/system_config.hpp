#pragma once

#include "config/settings.hpp"

#include <caf/actor_system_config.hpp>

#include <string>

namespace callboard {

/// Certificates of a node: a private authority that trusts nobody else (P9).
struct tls_files {
  std::string ca;
  std::string certificate;
  std::string key;
};

/// CAF's settings for a Callboard process: registered types, our scheduler policy, heartbeats, mutual TLS.
class system_config : public caf::actor_system_config {
public:
  /// @param threads  of the actor scheduler.
  /// @param tls      null: no network (tests, tools).
  explicit system_config(uint32_t threads, const tls_files* tls = nullptr);
};

} // namespace callboard
