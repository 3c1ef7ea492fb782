#pragma once

#include "config/settings.hpp"
#include "core/alerts/alert.hpp"
#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The secret that webhooks are signed with: what is in the file, without white space around it. Empty when no file is
/// named. Errors: not_found, internal_error; invalid_value when the file is empty; each names the setting and the file,
/// and never what is in it.
result<std::string> read_webhook_secret(const alert_settings& s);

/// The JSON of a webhook. @param fires  or it is resolved
std::string webhook_body(const alert& a, bool fires);

/// The jobs that tell those whom the settings name. Each has an idempotency key made of the alert and of what is told,
/// so that it is told once however often it is submitted. The signature is made here, so that the secret is in no job.
/// @param now  seconds of it are in the signature, so whoever receives it can refuse one that is replayed
std::vector<job_spec> alert_notices(const alert& a, bool fires, const settings& s, std::string_view secret,
                                    time_point now);

} // namespace callboard
