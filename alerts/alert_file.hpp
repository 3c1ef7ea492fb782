#pragma once

#include "core/alerts/alert_book.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace callboard {

/// FORMAT 1 of `alerts.json` in the data directory. A reader passes over members that it does not know, and over
/// alerts and silences of rules that it does not know. To change what a member means, count `format` up.
std::string alert_memory_text(const alert_memory& m);
/// Error: corrupt_record.
result<alert_memory> parse_alert_memory(std::string_view text);

/// The file is read; one that is not there is an empty memory. Errors: corrupt_record, internal_error, each with the
/// file.
result<alert_memory> read_alert_memory(const std::filesystem::path& file);
/// All or nothing, and on the disk. Error: internal_error with the file and the reason.
result<done> write_alert_memory(const std::filesystem::path& file, const alert_memory& m);

} // namespace callboard
