#pragma once

#include "storage/byte_io.hpp"
#include "storage/record_codec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

// Parts of a record that look the same in all formats, and the formats that are only read. For the codec itself.

/// An entry of the history takes at least: state, time, attempt, two lengths.
inline constexpr size_t history_bytes_min = 5;

/// Fails the reader when placement could not rely on it: at least one slot, names in order, none twice.
resource_request read_resources(byte_reader& r);
std::vector<std::string> read_texts(byte_reader& r);
std::vector<history_entry> read_history(byte_reader& r, time_point created_at);

/// Id, state, priority and durability, with which every format begins.
void read_identity(byte_reader& r, index_fields& f);

/// A record of format 1 or 2, its version byte read. Fails the reader when it is damaged.
index_fields read_old_front(byte_reader& r, uint8_t version, uint8_t& flags);
/// What follows the front.
void read_old_rest(byte_reader& r, uint8_t version, uint8_t flags, job_record& rec);

} // namespace callboard
