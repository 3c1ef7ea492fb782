#pragma once

#include "core/job/node_protocol.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// What travels between a worker node and the scheduler. Plain data with integers of fixed width; everything is
/// validated after receipt (convert.hpp, actors/fleet/registrar.hpp), because a decoder checks no ranges. Names and
/// order are the protocol: a change needs a new `protocol_version`.

/// One actor of a node, for people.
struct node_actor {
  std::string name;
  uint64_t mailbox = 0; ///< messages that wait
  uint64_t handled = 0; ///< since it was started
  uint32_t restarts = 0;
  int64_t longest_turn_us = 0; ///< of the last minute or two
  friend bool operator==(const node_actor&, const node_actor&) = default;
};

/// The inside of one actor of a node, for people; empty when the node has no such actor.
struct node_dump {
  std::vector<std::pair<std::string, std::string>> facts;
  friend bool operator==(const node_dump&, const node_dump&) = default;
};

/// How busy a node is; with every heartbeat.
struct node_load {
  uint64_t boot_epoch = 0;
  uint32_t running = 0;
  uint32_t waiting = 0; ///< prefetched, not started
  uint32_t unacknowledged = 0;
  uint32_t load_percent = 0;     ///< the host's load average of a minute over its cores
  uint64_t memory_available = 0; ///< on the host, bytes
  std::vector<node_actor> actors;
  friend bool operator==(const node_load&, const node_load&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_ref& x) {
  return f(caf::meta::type_name("attempt_ref"), x.job, x.fence);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_order& x) {
  return f(caf::meta::type_name("attempt_order"), x.job, x.fence, x.type, x.payload, x.number, x.timeout_us,
           x.soft_timeout_us, x.memory_bytes, x.cpu_milli, x.checkpoint, x.checkpoint_bytes_max, x.traceparent,
           x.tracestate);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, preempted_attempt& x) {
  return f(caf::meta::type_name("preempted_attempt"), x.job, x.fence, x.by, x.if_waiting);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_orders& x) {
  return f(caf::meta::type_name("node_orders"), x.acknowledged, x.run, x.cancelled, x.preempted);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, held_attempt& x) {
  return f(caf::meta::type_name("held_attempt"), x.job, x.fence, x.number, x.started_at_us);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_registration& x) {
  return f(caf::meta::type_name("worker_registration"), x.protocol, x.name, x.boot_epoch, x.pid, x.guardian, x.host,
           x.slots, x.local, x.types, x.versions, x.summaries, x.schemas, x.cache_for_us, x.again, x.cpu_milli,
           x.memory_bytes, x.named, x.labels, x.held);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_proof& x) {
  return f(caf::meta::type_name("node_proof"), x.certificates, x.signature);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, welcome& x) {
  return f(caf::meta::type_name("welcome"), x.scheduler_boot, x.heartbeat_us, x.lease_us);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_started& x) {
  return f(caf::meta::type_name("attempt_started"), x.job, x.fence, x.at_us);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_ended& x) {
  return f(caf::meta::type_name("attempt_ended"), x.job, x.fence, x.kind, x.code, x.message, x.result, x.snooze_us,
           x.retry_after_us, x.log_first, x.log, x.started_at_us, x.finished_at_us, x.cpu_us, x.peak_memory_bytes,
           x.saved, x.checkpoint);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_progress& x) {
  return f(caf::meta::type_name("attempt_progress"), x.job, x.fence, x.percent, x.message);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_log& x) {
  return f(caf::meta::type_name("attempt_log"), x.job, x.fence, x.first, x.lines);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_checkpoint& x) {
  return f(caf::meta::type_name("attempt_checkpoint"), x.job, x.fence, x.text);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_report& x) {
  return f(caf::meta::type_name("worker_report"), x.boot_epoch, x.started, x.ended, x.progress, x.checkpoints, x.logs);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_actor& x) {
  return f(caf::meta::type_name("node_actor"), x.name, x.mailbox, x.handled, x.restarts, x.longest_turn_us);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_dump& x) {
  return f(caf::meta::type_name("node_dump"), x.facts);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_load& x) {
  return f(caf::meta::type_name("node_load"), x.boot_epoch, x.running, x.waiting, x.unacknowledged, x.load_percent,
           x.memory_available, x.actors);
}

} // namespace callboard
