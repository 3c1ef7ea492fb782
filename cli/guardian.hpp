#pragma once

#include "actors/worker/lease_guard.hpp"

#include <functional>

namespace callboard {

/// Runs `worker` in a child process and watches over it from here. The guardian does almost nothing, so it lives while
/// the worker hangs, is stopped or crashes, and makes sure of two things:
///   - when the lease runs out while the worker holds attempts and the worker does not stop them (it is stopped itself,
///     or a handler does not listen), the worker and everything it started are killed before the scheduler gives the
///     work to others;
///   - when the worker ends, however, everything it started ends with it, also what left its process group: orphans
///     become children of the guardian, a subreaper.
/// Signals to stop are passed on. Call before any thread is started, with SIGTERM and SIGINT blocked.
/// @param restart  start the worker again when it was ended by a signal, with back-off, until asked to stop.
/// @returns the exit code of the last worker; 128 + its number when a signal ended it.
int run_guarded(const std::function<int(lease_page&)>& worker, bool restart);

} // namespace callboard
