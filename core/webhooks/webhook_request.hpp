#pragma once

#include "core/base/answer.hpp"
#include "core/base/ids.hpp"
#include "core/webhooks/webhook.hpp"

#include <string>
#include <variant>

namespace callboard {

/// Defines a webhook, or replaces one. Errors: invalid_state (`create_only`, and there is one), queue_full
/// (webhooks.max).
struct webhook_put {
  webhook draft; ///< without the times
  bool create_only = false;
  bool keep_secret = false; ///< that of the one before, whatever the draft has
  answer<webhook> reply;    ///< as it is then
};
/// Errors of all that name one: not_found.
struct webhook_change {
  enum class action : uint8_t { pause, resume, remove };
  std::string name;
  action what = action::pause;
  answer<webhook> reply; ///< as it is then; of one that was removed, as it was
};
/// Sends an event `webhook.test` now.
struct webhook_test {
  std::string name;
  answer<job_id> reply; ///< the job that delivers it
};

/// What a client wants of a webhook. Errors of all: starting, storage_unavailable.
struct webhook_request {
  std::variant<webhook_put, webhook_change, webhook_test> what;
};

} // namespace callboard
