#pragma once

#include "http/server/lane.hpp"

namespace callboard {

/// Runs a request with a large body on the side thread: reading it, and writing its answer, would hold up everybody
/// else on the lane. The share is given back just before the answer goes out.
/// @param answer  of the connection.
void run_large(server_state& state, router::match match, http_request request, body_share share, responder answer);

} // namespace callboard
