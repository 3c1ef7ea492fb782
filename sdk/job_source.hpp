#pragma once

#include "handlers/handler.hpp"

#include <mutex>
#include <string>

#include "sdk/callboard/worker.hpp"

namespace callboard::sdk {

/// What a job shows: an attempt of the worker and its context, which by itself may be used by one thread only.
class job::source {
public:
  source(const callboard::attempt& a, handler_context& ctx)
    : order(a), context(ctx), id(to_string(a.id)), checkpoint(a.checkpoint) {
  }
  const callboard::attempt& order;
  handler_context& context;
  const std::string id;
  std::mutex mutex; ///< guards `context` where that changes something, and the next
  std::string checkpoint;
};

/// As the worker reports it. `stopped` means what the attempt was told: to stop, or else that its soft timeout is over.
attempt_outcome to_attempt_outcome(outcome&& o, const callboard::attempt& a, const handler_context& ctx);

/// Calls `run` for the attempt. Exceptions go through.
attempt_outcome call_handler(const handler_function& run, const callboard::attempt& a, handler_context& ctx);

} // namespace callboard::sdk
