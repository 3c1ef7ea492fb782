#pragma once

#include "handlers/data/table_loader.hpp"
#include "handlers/files/file_access.hpp"

#include <nlohmann/json_fwd.hpp>
#include <sqlite3.h>

#include <string>
#include <vector>

namespace callboard {

/// Names of a statement's columns.
std::vector<std::string> column_names(sqlite3_stmt* s);

/// A value of the current row; bytes (BLOB) as base64, numbers that JSON does not have as null.
nlohmann::json column_value(sqlite3_stmt* s, int at);

/// Writes rows of a query to a file. CSV begins with the names of the columns; NULL is an empty field, an empty text is
/// `""`. JSON lines have an object per row, so two columns of one name are a final failure (`DATA_COLUMNS`).
class row_writer {
public:
  row_writer(output_file& out, table_format format, std::vector<std::string> columns);

  void write(sqlite3_stmt* row);

private:
  void write_csv(sqlite3_stmt* row);
  void write_json(sqlite3_stmt* row);

  output_file& out_;
  table_format format_;
  std::vector<std::string> columns_;
  /// `{"a":`, `,"b":` and so on.
  std::vector<std::string> json_labels_;
  std::string line_;
};

} // namespace callboard
