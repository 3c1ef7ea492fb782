#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// What a worker node and the scheduler tell each other about attempts. Plain data with integers of fixed width;
/// messages/wire.hpp makes CAF messages of them. Everything is validated after receipt, because a decoder checks no
/// ranges. Names and order are the protocol: a change needs a new `protocol_version`.

/// In the app identifier: a node of another version is refused at the handshake.
inline constexpr uint32_t protocol_version = 10;

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
  int64_t soft_timeout_us = 0; ///< after which its handler is told to come to its end; 0: never
  uint64_t memory_bytes = 0;   ///< reserved for it, and its limit; 0: none
  uint32_t cpu_milli = 0;
  std::string checkpoint;            ///< of the former attempt; empty: there is none
  uint64_t checkpoint_bytes_max = 0; ///< of those that it may save
  std::string traceparent; ///< for its handler to hand on (core/job/trace_context.hpp); empty: it has no trace
  std::string tracestate;
  friend bool operator==(const attempt_order&, const attempt_order&) = default;
};

/// Stop this for a more urgent job: it ends as `returned`.
struct preempted_attempt {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint64_t by = 0;         ///< the job that gets its place
  bool if_waiting = false; ///< only if it has not started
  friend bool operator==(const preempted_attempt&, const preempted_attempt&) = default;
};

/// What a node is to do: all that the scheduler has for it in one turn, in one message.
struct node_orders {
  std::vector<attempt_ref> acknowledged;    ///< these outcomes are durable: forget them
  std::vector<attempt_order> run;           ///< more than the slots may be given: they wait in the node
  std::vector<attempt_ref> cancelled;       ///< stop these, running or waiting, of `run` too; each ends in an outcome
  std::vector<preempted_attempt> preempted; ///< of `run` too

  bool empty() const {
    return acknowledged.empty() && run.empty() && cancelled.empty() && preempted.empty();
  }
  friend bool operator==(const node_orders&, const node_orders&) = default;
};

/// An attempt that a node holds when it registers: running, or ended and not acknowledged yet.
struct held_attempt {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint32_t number = 0;
  int64_t started_at_us = 0; ///< 0: not started
  friend bool operator==(const held_attempt&, const held_attempt&) = default;
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
  std::vector<int64_t>
    cache_for_us; ///< of a pure type: how long a result holds for the same payload; 0: it is not pure
  /// This process was registered before, here or with a scheduler before this one: what it says of its types is not
  /// new.
  bool again = false;
  uint32_t cpu_milli = 0;
  uint64_t memory_bytes = 0;
  std::vector<std::pair<std::string, uint32_t>> named;
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<held_attempt> held;
  friend bool operator==(const worker_registration&, const worker_registration&) = default;
};

/// How a node shows who it is; see pki/node_proof.hpp.
struct node_proof {
  std::string certificates; ///< PEM, the node's own one first; empty for a local worker
  std::string signature;    ///< of `join_text`: by the certificate's key, or a seal by a local worker's secret
  friend bool operator==(const node_proof&, const node_proof&) = default;
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
  friend bool operator==(const welcome&, const welcome&) = default;
};

struct attempt_started {
  uint64_t job = 0;
  uint64_t fence = 0;
  int64_t at_us = 0;
  friend bool operator==(const attempt_started&, const attempt_started&) = default;
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
  int64_t retry_after_us = 0;
  uint64_t log_first = 0; ///< number of the first line of `log`
  std::vector<std::string> log;
  int64_t started_at_us = 0;
  int64_t finished_at_us = 0;
  int64_t cpu_us = 0;
  uint64_t peak_memory_bytes = 0;
  bool saved = false;     ///< it has saved a checkpoint
  std::string checkpoint; ///< the last one
  friend bool operator==(const attempt_ended&, const attempt_ended&) = default;
};

struct attempt_progress {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint8_t percent = 0;
  std::string message;
  friend bool operator==(const attempt_progress&, const attempt_progress&) = default;
};

/// Lines that an attempt has logged since the last report, the first of them its line `first`, counted from 0.
struct attempt_log {
  uint64_t job = 0;
  uint64_t fence = 0;
  uint64_t first = 0;
  std::vector<std::string> lines;
  friend bool operator==(const attempt_log&, const attempt_log&) = default;
};

/// What an attempt has saved for the next one; the latest only.
struct attempt_checkpoint {
  uint64_t job = 0;
  uint64_t fence = 0;
  std::string text;
  friend bool operator==(const attempt_checkpoint&, const attempt_checkpoint&) = default;
};

/// What happened on a node since its last report. An end that is reported carries its start.
struct worker_report {
  uint64_t boot_epoch = 0;
  std::vector<attempt_started> started;
  std::vector<attempt_ended> ended;
  std::vector<attempt_progress> progress;
  std::vector<attempt_checkpoint> checkpoints;
  std::vector<attempt_log> logs;
  friend bool operator==(const worker_report&, const worker_report&) = default;
};

} // namespace callboard
