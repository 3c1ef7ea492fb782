#pragma once

#include "http/api/router.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// The name under which the act goes into the audit log: that of the route, for `POST /api/bulk` with its action.
/// Empty: it is not recorded (a dry run; a single job, unless `audit.jobs` says so).
std::string audited_name(const api& a, const route& r, const std::string& body);

/// Runs an act between two records: before it is begun that it is (of single jobs only while the log cannot be
/// written), and what became of it before its answer goes out. The values of a request that was refused (4xx) are not
/// recorded: nobody knows what is in them.
/// @param name  as of `audited_name`.
/// @param seen  the GET that shows what is changed; null: there is none.
/// @param request, m  taken along: it answers later, through `to`.
/// Errors, besides those of the act: storage_unavailable when it cannot be recorded and `audit.on_failure` is `refuse`.
void run_audited(const api& a, std::string name, const route* seen, router::match m, http_request request,
                 const responder& to);

/// The body of a request as the audit log may have it, on one line: without what any job type redacts in payloads, and
/// without parameters of templates while one redacts anything. Empty: it is no JSON.
/// @param secret  member of the body that is left out as well; empty: none
std::string audited_request(const redaction_book& hidden, const std::string& body, uint32_t depth_max,
                            std::string_view secret = {});

} // namespace callboard
