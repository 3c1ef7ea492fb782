#pragma once

#include "handlers/data/sqlite_database.hpp"
#include "handlers/files/file_access.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace callboard {

enum class table_format : uint8_t { csv, jsonl };

/// One input of data_processing.
struct table_source {
  std::string table;
  table_format format = table_format::csv;
  bool header = true; ///< csv: the first record names the columns; else they are c1, c2, ...
  char delimiter = ',';
  std::string encoding; ///< see text_decoder
  std::string field;    ///< of the payload, for messages: payload.inputs[0]
};

/// Reads a whole file into a new table and returns its number of rows.
///
/// The columns of JSON lines are those of all objects together; a value that is itself an object or array is kept as
/// JSON text. CSV fields that look like the plain notation of an integer or a decimal number become one (so `007` and
/// `1e5` stay text); an empty unquoted field is NULL. Throws attempt_stopped, and final failures with the line:
/// `DATA_BAD_CSV`, `DATA_BAD_JSON`, `DATA_ENCODING`.
/// @param on_bytes  called with the number of bytes that were read since the last call.
uint64_t load_table(sqlite_database& db, const table_source& source, const readable_file& file,
                    const handler_context& ctx, const std::function<void(size_t)>& on_bytes);

/// As an SQL identifier.
std::string quoted_name(std::string_view name);

} // namespace callboard
