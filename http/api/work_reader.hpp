#pragma once

#include "core/base/error.hpp"
#include "core/job/work_requests.hpp"
#include "http/api/api.hpp"

#include <string_view>

namespace callboard {

/// Read what workers over HTTP send (docs/http-workers.md). Errors of all: malformed_json, unknown_field,
/// missing_field, invalid_value, out_of_range, each with the field.

result<sign_up_request> read_sign_up(const api& a, std::string_view body);
result<claim_request> read_claim(const api& a, std::string_view body);
result<session_request> read_session(const api& a, std::string_view body);
/// The job is completed.
result<outcome_request> read_complete(const api& a, std::string_view body);
/// Its attempt has failed.
result<outcome_request> read_fail(const api& a, std::string_view body);
/// Its attempt is given back.
result<outcome_request> read_release(const api& a, std::string_view body);
result<progress_request> read_progress(const api& a, std::string_view body);

} // namespace callboard
