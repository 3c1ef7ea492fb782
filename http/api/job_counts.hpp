#pragma once

#include "http/api/router.hpp"

#include <cstdint>
#include <optional>

namespace callboard {

/// Jobs that one count by status looks at; of more it says that there are more.
inline constexpr uint32_t jobs_counted_max = 10'000;

/// `GET /api/jobs/counts`: how many jobs match, by status. Errors: those of a list; overloaded.
std::optional<http_response> count_jobs(const request_context& c, const responder& to);

} // namespace callboard
