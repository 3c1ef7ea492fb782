#pragma once

#include "actors/runtime/live_actors.hpp"
#include "config/settings.hpp"
#include "http/api/backend.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace callboard {

/// Where the REST backend finds the gateway of the moment: a restarted gateway has a new handle. Thread-safe.
class gateway_slot {
public:
  void set(gateway_actor g) {
    std::lock_guard lock{mutex_};
    gateway_ = std::move(g);
  }
  gateway_actor get() const {
    std::lock_guard lock{mutex_};
    return gateway_;
  }

private:
  mutable std::mutex mutex_;
  gateway_actor gateway_;
};

struct gateway_options {
  store_keeper_actor keeper;
  metrics_actor metrics;
  queue_manager_actor manager;
  worker_supervisor_actor workers;
  http_workers_actor http_workers;
  autoscaler_actor scaler;
  inspector_actor inspector;
  root_actor root;
  uint32_t outstanding_max = 10'000;
  std::string version;
};

struct gateway_state {
  gateway_state() = default;
  static constexpr const char* name = "gateway";
  gateway_options options;
  /// Requests under way; shared with their answers, which count themselves out on whatever thread they are given.
  std::shared_ptr<std::atomic<uint32_t>> outstanding = std::make_shared<std::atomic<uint32_t>>(0);
};

gateway_actor::behavior_type gateway(observed_pointer<gateway_actor, gateway_state> self, gateway_options options);

/// Hears of each job that was accepted: the trace that it came with, the answer, and when the request came. On whatever
/// thread the answer is given.
using submit_observer = std::function<void(const boxed<trace_context>& came, const submit_answer& a, time_point begun)>;

/// The REST layer's backend: hands every request to the gateway. Thread-safe.
/// @param observer  may be empty
std::unique_ptr<backend> make_gateway_backend(std::shared_ptr<gateway_slot> slot, submit_observer observer = {});

} // namespace callboard
