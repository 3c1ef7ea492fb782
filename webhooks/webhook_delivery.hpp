#pragma once

#include "config/settings.hpp"
#include "core/job/job.hpp"
#include "core/webhooks/webhook_book.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Header fields of a delivery besides those of signature.hpp, as documented in docs/webhooks.md.
inline constexpr std::string_view webhook_event_field = "X-Callboard-Event";
inline constexpr std::string_view webhook_delivery_field = "X-Callboard-Delivery";
/// What a client's own header fields must not begin with, whatever their letters' case.
inline constexpr std::string_view webhook_field_prefix = "X-Callboard-";

/// The kind of the event that `POST /api/webhooks/{name}/test` sends, which is none of the stream.
inline constexpr std::string_view webhook_test_kind = "webhook.test";

/// What is sent: the event with the members `webhook` and `deliveryID`. @param event  a JSON object
std::string delivery_body(std::string_view event, std::string_view webhook_name, std::string_view id);

/// The job that sends an event to a webhook. Its idempotency key is made of the delivery, so that it is sent once
/// however often it is submitted. The signature is made here, so that the secret is in no job.
/// @param kind  of the event, for a header field
/// @param now  seconds of it are in the signature
job_spec delivery_job(const webhook& w, const pending_delivery& d, std::string_view kind, const settings& s,
                      time_point now);

/// What `POST /api/webhooks/{name}/test` sends. @param now  makes it another one each time
pending_delivery test_delivery(const webhook& w, time_point now);

/// Which jobs tell of events themselves, and how much is kept.
webhook_book::limits webhook_limits_of(const settings& s);

} // namespace callboard
