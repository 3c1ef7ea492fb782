#pragma once

#include "tests/sim/history.hpp"

#include <functional>

namespace callboard::sim {

// Pure functions from a history to a verdict; each throws `violation`.

/// What is on the disk of a job at the end; nothing: not there.
using final_state = std::function<std::optional<job_state>(job_id)>;

/// P1: what was accepted is there, at the level that was promised. `os` may be gone after a power loss.
void check_nothing_lost(const history& h, const final_state& state);
/// P2: attempts of a job never overlap, and their fences grow in the order in which they began.
void check_one_attempt_at_a_time(const history& h);
/// P3: everything that was accepted and is there is over.
void check_all_over(const history& h, const final_state& state);
/// A cancel that was answered with success holds.
void check_cancels_hold(const history& h, const final_state& state);

/// What is stored of a job, for the rules that hold at every moment.
struct stored_facts {
  job_state state = job_state::queued;
  std::vector<job_id> dependencies;
  std::string key;
  std::string payload;
};
using stored_world = std::map<job_id, stored_facts>;

/// P6: no live job waits for one that failed or was cancelled.
void check_dependants_are_settled(const stored_world& s);
/// An idempotency key names one job.
void check_keys_are_unique(const stored_world& s);
/// An atomic batch is there as a whole, or not at all. Its jobs carry `"batch":B,"of":N` in their payloads.
void check_batches_are_whole(const stored_world& s);

} // namespace callboard::sim
