#pragma once

#include "core/alerts/alert_book.hpp"
#include "http/json/json_writer.hpp"

#include <vector>

namespace callboard {

struct alert_view;

/// @param silences  those that hold
void write_alert(json_writer& w, const alert& a, const std::vector<alert_silence>& silences);
void write_silence(json_writer& w, const alert_silence& s);
/// The answer to GET /api/alerts. @param only  nothing: alerts of any state
void write_alerts(json_writer& w, const alert_view& v, std::optional<alert_state> only, bool enabled);

} // namespace callboard
