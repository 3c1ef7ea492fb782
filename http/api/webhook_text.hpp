#pragma once

#include "core/job/job.hpp"
#include "core/webhooks/webhook.hpp"
#include "http/json/json_writer.hpp"

namespace callboard {

/// A webhook as everybody may see it: of its secret only that there is one.
void write_webhook(json_writer& w, const webhook& x);
/// A job that delivers an event, as a row of its webhook's deliveries.
void write_delivery(json_writer& w, const job_record& job);

} // namespace callboard
