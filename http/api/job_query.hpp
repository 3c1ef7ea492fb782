#pragma once

#include "core/job/job_life.hpp"
#include "core/job/requests.hpp"
#include "http/api/answer.hpp"
#include "http/api/api.hpp"
#include "http/api/query.hpp"

#include <string_view>

namespace callboard {

/// Error: unknown_status, which lists the others.
result<job_state> read_state(std::string_view name);

/// What a list of jobs is asked for: status, filters, cursor, limit, include. Errors name the parameter.
result<list_request> read_list_query(const api& a, const parsed_target& query);

/// The body of a change: priority, scheduleAt, deadline; at least one. Errors name the field.
result<job_patch> read_patch(const api& a, std::string_view body);

/// Asks the scheduler for a page, and answers with it. The answer comes on the scheduler's thread.
void send_list(const api& a, list_request r, const responder& to);
/// What answers with the page that such a request gets.
reply<job_list> list_answer(const api& a, const list_request& r, const responder& to);

} // namespace callboard
