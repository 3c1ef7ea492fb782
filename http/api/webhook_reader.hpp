#pragma once

#include "core/webhooks/webhook_request.hpp"
#include "http/api/api.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Reads the body that defines a webhook: `name`, `url`, `filter`, `secret`, `headers`, `enabled`, `retryCount`.
/// @param name  of the address; empty: the body has it, and a webhook of that name must not be there yet
/// Errors: malformed_json, unknown_field, missing_field, invalid_value, out_of_range, each with the field. None of them
/// repeats the secret.
result<webhook_put> read_webhook(const api& a, const std::string& body, const std::string& name);

/// Whether an `http_request` job takes the address: http or https, a host, and a port if there is one. Error:
/// invalid_value with the field, which does not repeat it: it may hold a token.
result<done> check_webhook_url(std::string_view url, const std::string& field);

} // namespace callboard
