#include "handlers/data/row_writer.hpp"

#include "handlers/data/csv_reader.hpp"
#include "handlers/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

std::string_view text_of(sqlite3_stmt* s, int at) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, at));
  return {text ? text : "", static_cast<size_t>(sqlite3_column_bytes(s, at))};
}

std::string blob_of(sqlite3_stmt* s, int at) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s, at));
  return to_base64({bytes ? bytes : "", static_cast<size_t>(sqlite3_column_bytes(s, at))});
}

} // namespace

std::vector<std::string> column_names(sqlite3_stmt* s) {
  std::vector<std::string> out;
  for (int i = 0; i < sqlite3_column_count(s); ++i)
    out.emplace_back(sqlite3_column_name(s, i));
  return out;
}

nlohmann::json column_value(sqlite3_stmt* s, int at) {
  switch (sqlite3_column_type(s, at)) {
  case SQLITE_INTEGER:
    return sqlite3_column_int64(s, at);
  case SQLITE_FLOAT:
    return sqlite3_column_double(s, at);
  case SQLITE_TEXT:
    return text_of(s, at);
  case SQLITE_BLOB:
    return blob_of(s, at);
  default:
    return nullptr;
  }
}

row_writer::row_writer(output_file& out, table_format format, std::vector<std::string> columns)
  : out_(out), format_(format), columns_(std::move(columns)) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto& name = columns_[i];
    const auto before = columns_.begin() + static_cast<std::ptrdiff_t>(i);
    if (format_ == table_format::jsonl && std::find(columns_.begin(), before, name) != before)
      give_up("DATA_COLUMNS",
              "payload.sql gives two columns the name \"" + name + "\"; JSON lines need different ones");
    json_labels_.push_back((i == 0 ? "{" : ",") + to_json_text(nlohmann::json(name)) + ":");
    line_ += (i == 0 ? "" : ",") + csv_field(name, ',');
  }
  if (format_ == table_format::csv)
    out_.write(line_ += "\n");
}

void row_writer::write(sqlite3_stmt* row) {
  line_.clear();
  if (format_ == table_format::csv)
    write_csv(row);
  else
    write_json(row);
  out_.write(line_);
}

void row_writer::write_csv(sqlite3_stmt* row) {
  for (int i = 0; i < static_cast<int>(columns_.size()); ++i) {
    if (i > 0)
      line_ += ',';
    const int type = sqlite3_column_type(row, i);
    if (type == SQLITE_TEXT)
      line_ += csv_field(text_of(row, i), ',');
    else if (type == SQLITE_BLOB)
      line_ += csv_field(blob_of(row, i), ',');
    else
      line_ += text_of(row, i); // numbers as SQLite prints them; nothing for NULL
  }
  line_ += '\n';
}

void row_writer::write_json(sqlite3_stmt* row) {
  for (size_t i = 0; i < columns_.size(); ++i)
    line_ += json_labels_[i] + to_json_text(column_value(row, static_cast<int>(i)));
  line_ += "}\n";
}

} // namespace callboard
