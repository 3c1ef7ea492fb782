#pragma once

#include "handlers/handler.hpp"
#include "handlers/registry.hpp"

#include <memory>

#include "process/fork_server.hpp"

namespace callboard {

/// Runs every attempt of `inner` in a process of its own, so that a crash, a leak or a hang costs that attempt only.
///
/// Progress, log and outcome come over a channel. The end of its soft timeout goes the other way, which only tells the
/// handler, and so does a stop: the handler sees its token set, and is
/// killed with its process group `kill_grace` later, at once when the attempt is lost. A process that ends without an
/// outcome is a retryable failure, HANDLER_CRASHED with the signal's name. What a job has reserved of memory is its
/// limit (RLIMIT_DATA, on top of what the program has when it is forked): beyond it the handler gets std::bad_alloc,
/// HANDLER_MEMORY_LIMIT. CPU time and peak memory are those of the process.
std::shared_ptr<handler> make_isolated(std::shared_ptr<handler> inner, std::shared_ptr<fork_server> server,
                                       duration kill_grace);

/// The other side: takes one attempt from the channel and runs it with its handler. For the task of a fork_server.
void run_isolated_attempt(descriptor channel, const handler_registry& handlers);

} // namespace callboard
