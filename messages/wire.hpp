#pragma once

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// What travels between a worker node and the scheduler. Plain data with integers of fixed width; everything is
/// validated after receipt (convert.hpp, actors/fleet/registrar.hpp), because a decoder checks no ranges. Names and
/// order are the protocol: a change needs a new `protocol_version`.

/// In the app identifier: a node of another version is refused at the handshake.
inline constexpr uint32_t protocol_version = 5;

/// One attempt of one job.
struct attempt_ref {
  uint64_t job = 0;
  uint64_t fence = 0;
  friend bool operator==(const attempt_ref&, const attempt_ref&) = default;
};

/// Run this.
struct attempt_order {
  uint64_t job = 0;
  uint64_t fence = 0;
  std::string type;
  std::string payload;
  uint32_t number = 1;
  int64_t timeout_us = 0;
  uint64_t memory_bytes = 0; ///< reserved for it, and its limit; 0: none
  uint32_t cpu_milli = 0;
};

/// What a node is to do: all that the scheduler has for it in one turn, in one message.
struct node_orders {
  std::vector<attempt_ref> acknowledged; ///< these outcomes are durable: forget them
  std::vector<attempt_order> run;        ///< more than the slots may be given: they wait in the node
  std::vector<attempt_ref> cancelled;    ///< stop these, running or waiting, of `run` too; each ends in an outcome

  bool empty() const {
    return acknowledged.empty() && run.empty() && cancelled.empty();
  }
};

/// An attempt that a node holds when it registers: running, or ended and not acknowledged yet.
struct held_attempt {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint32_t number = 0;
  int64_t started_at_us = 0; ///< 0: not started
};

/// Who joins.
struct worker_registration {
  uint32_t protocol = protocol_version;
  std::string name;
  /// Drawn at random when the process starts: two processes of the same name and address differ in it.
  uint64_t boot_epoch = 0;
  uint64_t pid = 0;
  uint64_t guardian = 0; ///< the process that watches over it: what a supervisor starts, and waits for
  std::string host;
  uint32_t slots = 0;
  bool local = false; ///< launched by the scheduler's own supervisor
  std::vector<std::string> types;
  // Of the types, in their order.
  std::vector<std::string> versions;
  std::vector<std::string> summaries;
  std::vector<std::string> schemas; ///< JSON Schema of payloads, as text; empty: nothing is said
  /// This process was registered before, here or with a scheduler before this one: what it says of its types is not
  /// new.
  bool again = false;
  uint32_t cpu_milli = 0;
  uint64_t memory_bytes = 0;
  std::vector<std::pair<std::string, uint32_t>> named;
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<held_attempt> held;
};

/// How a node shows who it is; see pki/node_proof.hpp.
struct node_proof {
  std::string certificates; ///< PEM, the node's own one first; empty for a local worker
  std::string signature;    ///< of `join_text`: by the certificate's key, or a seal by a local worker's secret
};

/// What a node signs to join. @param challenge  random bytes of the scheduler, for this one attempt to join
inline std::string join_text(std::string_view challenge, std::string_view name, uint64_t boot_epoch) {
  std::string out{"callboard join\n"};
  out.append(name).append("\n").append(std::to_string(boot_epoch)).append("\n").append(challenge);
  return out;
}

struct welcome {
  uint64_t scheduler_boot = 0;
  int64_t heartbeat_us = 0;
  int64_t lease_us = 0;
};

struct attempt_started {
  uint64_t job = 0;
  uint64_t fence = 0;
  int64_t at_us = 0;
};

/// An attempt's end; the fields of core's attempt_outcome, flat.
struct attempt_ended {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint8_t kind = 0;
  std::string code;
  std::string message;
  std::string result;
  int64_t snooze_us = 0;
  std::vector<std::string> log;
  int64_t started_at_us = 0;
  int64_t finished_at_us = 0;
  int64_t cpu_us = 0;
  uint64_t peak_memory_bytes = 0;
};

struct attempt_progress {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint8_t percent = 0;
  std::string message;
};

/// What happened on a node since its last report. An end that is reported carries its start.
struct worker_report {
  uint64_t boot_epoch = 0;
  std::vector<attempt_started> started;
  std::vector<attempt_ended> ended;
  std::vector<attempt_progress> progress;
};

/// One actor of a node, for people.
struct node_actor {
  std::string name;
  uint64_t mailbox = 0; ///< messages that wait
  uint64_t handled = 0; ///< since it was started
  uint32_t restarts = 0;
};

/// The inside of one actor of a node, for people; empty when the node has no such actor.
struct node_dump {
  std::vector<std::pair<std::string, std::string>> facts;
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
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_ref& x) {
  return f(caf::meta::type_name("attempt_ref"), x.job, x.fence);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_order& x) {
  return f(caf::meta::type_name("attempt_order"), x.job, x.fence, x.type, x.payload, x.number, x.timeout_us,
           x.memory_bytes, x.cpu_milli);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_orders& x) {
  return f(caf::meta::type_name("node_orders"), x.acknowledged, x.run, x.cancelled);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, held_attempt& x) {
  return f(caf::meta::type_name("held_attempt"), x.job, x.fence, x.number, x.started_at_us);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_registration& x) {
  return f(caf::meta::type_name("worker_registration"), x.protocol, x.name, x.boot_epoch, x.pid, x.guardian, x.host,
           x.slots, x.local, x.types, x.versions, x.summaries, x.schemas, x.again, x.cpu_milli, x.memory_bytes, x.named,
           x.labels, x.held);
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
           x.log, x.started_at_us, x.finished_at_us, x.cpu_us, x.peak_memory_bytes);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, attempt_progress& x) {
  return f(caf::meta::type_name("attempt_progress"), x.job, x.fence, x.percent, x.message);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_report& x) {
  return f(caf::meta::type_name("worker_report"), x.boot_epoch, x.started, x.ended, x.progress);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_actor& x) {
  return f(caf::meta::type_name("node_actor"), x.name, x.mailbox, x.handled, x.restarts);
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
