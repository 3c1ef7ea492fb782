#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"
#include "core/scheduler/event.hpp"
#include "core/scheduler/event_filter.hpp"
#include "core/scheduler/event_id.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A subscription: events that pass a filter are sent to an address, each by a job of its own (docs/webhooks.md).
struct webhook {
  std::string name; ///< `name_kind::webhook`
  std::string url;
  std::vector<std::string> kinds; ///< kinds and families of events, as the client has named them
  event_filter filter;            ///< its `kinds` are those of the names
  std::string secret;             ///< what is sent is signed with it; empty: it is not signed. Nobody is shown it
  std::vector<std::pair<std::string, std::string>> headers; ///< sent along, in their order
  bool enabled = true;                                      ///< false: it is paused
  std::optional<uint32_t> retries;                          ///< nothing: as the settings say
  time_point created_at{};
  time_point changed_at{};
  time_point since{};                          ///< what happened before is not for it: it was created, or resumed, then
  std::optional<time_point> secret_changed_at; ///< nothing: it never had one
  friend bool operator==(const webhook&, const webhook&) = default;
};
/// By name.
using webhooks_by_name = std::map<std::string, webhook, std::less<>>;

/// Whether an event is the end of a job: such ones are found again in the store after a crash.
constexpr bool is_end_of_job(event_kind k) noexcept {
  return k == event_kind::job_completed || k == event_kind::job_failed || k == event_kind::job_cancelled;
}
/// Whether any kind that it wants is the end of a job.
bool wants_ends(const webhook& w);

/// What makes an event one and the same, whoever finds it: of the end of a job `JOB/KIND/ATTEMPT`, which is the same
/// after a restart; of another event `ID/KIND`.
std::string identity_of(const event_id& id, const scheduler_event& e);

/// The end of a job as it stands in the store, as an event of the stream.
scheduler_event end_of(const job_record& finished);

/// The stable id of a delivery, by which a receiver knows one that came twice: `WEBHOOK/IDENTITY`.
std::string delivery_id(std::string_view webhook_name, std::string_view identity);
/// The idempotency key of its job.
std::string delivery_key(std::string_view id);
/// The tag of all its jobs.
std::string delivery_tag(std::string_view webhook_name);
/// What the idempotency key of a delivery says.
struct delivered_event {
  std::string_view delivery; ///< its id
  std::string_view event;    ///< id of the event, or of the job that has ended
  std::string_view kind;     ///< as in the stream, or `webhook.test`
};
/// Nothing: it is the key of another job. Views into `key`.
std::optional<delivered_event> read_delivery_key(std::string_view key);

// Webhooks are facts (`meta`) of the store: `webhook/NAME` holds the definition with its secret, `webhooks/cursor` up
// to where the ends of jobs have become deliveries.

inline constexpr std::string_view webhook_prefix = "webhook/";
inline constexpr std::string_view webhooks_cursor_key = "webhooks/cursor";

/// As stored: lines of a word and its value. No value has a line end in it: clients may send none.
std::string to_text(const webhook& w);
/// @param name  from the fact's key. Error: corrupt_record, which says nothing of what is in it.
result<webhook> parse_webhook(std::string_view name, std::string_view text);

} // namespace callboard
