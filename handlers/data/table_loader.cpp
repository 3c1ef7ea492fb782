#include "handlers/data/table_loader.hpp"

#include "handlers/data/text_decoder.hpp"
#include "handlers/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// SQLite's own default bound.
constexpr size_t columns_max = 2000;

/// Deepest nesting of a JSON line; writing JSON needs stack for every level.
constexpr int json_depth_max = 128;

/// A table that is being filled; columns may still be added.
class table_filler {
public:
  table_filler(sqlite_database& db, std::string table) : db_(db), table_(quoted_name(table)) {
  }

  size_t column_count() const {
    return columns_.size();
  }
  uint64_t rows() const {
    return rows_;
  }

  /// The column's index; it is added if it is new.
  size_t column(const std::string& name, uint64_t line) {
    // SQLite's names do not tell case apart, its parser's only in ASCII.
    const auto [at, is_new] = index_.try_emplace(lower_case(name), columns_.size());
    if (!is_new)
      return at->second;
    if (columns_.size() >= columns_max)
      throw input_fault{line,
                        "line " + std::to_string(line) + ": more than " + std::to_string(columns_max) + " columns"};
    if (name.find('\0') != std::string::npos)
      throw encoding_fault{line, "line " + std::to_string(line) + ": a column's name has a zero byte, as in UTF-16"};
    columns_.push_back(name);
    insert_.reset();
    if (created_)
      db_.execute("ALTER TABLE " + table_ + " ADD COLUMN " + quoted_name(name));
    return columns_.size() - 1;
  }

  /// To bind values to (from 1), before `add_row`; what is not bound is NULL.
  sqlite3_stmt* row() {
    create();
    if (!insert_) {
      std::string marks;
      for (size_t i = 0; i < columns_.size(); ++i)
        marks += i == 0 ? "?" : ",?";
      insert_ = db_.prepare("INSERT INTO " + table_ + " VALUES (" + marks + ")");
    }
    return insert_->get();
  }
  void add_row() {
    insert_->step();
    insert_->reset();
    sqlite3_clear_bindings(insert_->get());
    ++rows_;
  }

  /// An input without rows has its table all the same.
  void create() {
    if (std::exchange(created_, true))
      return;
    std::string names;
    for (const auto& c : columns_)
      names += (names.empty() ? "" : ", ") + quoted_name(c);
    // A table needs a column; nobody sees this one's rows, because there are none.
    db_.execute("CREATE TABLE " + table_ + " (" + (names.empty() ? "\"c1\"" : names) + ")");
  }

private:
  sqlite_database& db_;
  const std::string table_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, size_t> index_;
  std::optional<sqlite_statement> insert_;
  bool created_ = false;
  uint64_t rows_ = 0;
};

/// -?(0|[1-9][0-9]*) and, for a decimal, a point and digits behind it.
struct number_form {
  bool is_number = false;
  bool has_point = false;
};

number_form form_of(std::string_view s) {
  size_t i = s.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const size_t first = i;
    while (i < s.size() && s[i] >= '0' && s[i] <= '9')
      ++i;
    return i - first;
  };
  const size_t first = i;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && s[first] == '0'))
    return {};
  if (i == s.size())
    return {true, false};
  if (s[i++] != '.' || digits() == 0 || i != s.size())
    return {};
  return {true, true};
}

void bind_text(sqlite3_stmt* s, int at, std::string_view text) {
  sqlite3_bind_text64(s, at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void bind_field(sqlite3_stmt* s, int at, const csv_reader::field& f) {
  const std::string_view text = f.text;
  const auto form = f.quoted ? number_form{} : form_of(text);
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  double real = 0;
  if (text.empty() && !f.quoted)
    sqlite3_bind_null(s, at);
  else if (form.is_number && !form.has_point && std::from_chars(text.data(), end, integer).ec == std::errc{})
    sqlite3_bind_int64(s, at, integer);
  else if (form.has_point && std::from_chars(text.data(), end, real).ec == std::errc{})
    sqlite3_bind_double(s, at, real);
  else
    bind_text(s, at, text);
}

void bind_json(sqlite3_stmt* s, int at, const json& v) {
  if (v.is_null())
    sqlite3_bind_null(s, at);
  else if (v.is_boolean())
    sqlite3_bind_int(s, at, v.get<bool>() ? 1 : 0);
  else if (v.is_number_unsigned() && v.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    sqlite3_bind_double(s, at, v.get<double>());
  else if (v.is_number_integer())
    sqlite3_bind_int64(s, at, v.get<int64_t>());
  else if (v.is_number_float())
    sqlite3_bind_double(s, at, v.get<double>());
  else if (v.is_string())
    bind_text(s, at, v.get_ref<const std::string&>());
  else
    bind_text(s, at, to_json_text(v));
}

/// Fills the table from the records of a CSV file.
class csv_table {
public:
  csv_table(table_filler& table, const table_source& source) : table_(table), header_(source.header) {
  }

  void take(std::vector<csv_reader::field>& record, uint64_t line) {
    const auto where = "line " + std::to_string(line);
    for (size_t i = 0; i < record.size(); ++i)
      if (!is_utf8(record[i].text))
        throw encoding_fault{line, where + ", column " + std::to_string(i + 1) + ": not UTF-8"};
    if (table_.column_count() == 0) {
      name_columns(record, line);
      if (header_)
        return;
    }
    if (record.size() != table_.column_count())
      throw input_fault{line, where + " has " + std::to_string(record.size()) + " fields, the first one has " +
                                std::to_string(table_.column_count())};
    auto* row = table_.row();
    for (size_t i = 0; i < record.size(); ++i)
      bind_field(row, static_cast<int>(i) + 1, record[i]);
    table_.add_row();
  }

private:
  void name_columns(const std::vector<csv_reader::field>& record, uint64_t line) {
    for (size_t i = 0; i < record.size(); ++i) {
      const auto number = std::to_string(i + 1);
      const auto name = header_ ? record[i].text : "c" + number;
      if (name.empty())
        throw input_fault{line, "line " + std::to_string(line) + ", column " + number + ": the column has no name"};
      if (table_.column(name, line) != i)
        throw input_fault{line, "line " + std::to_string(line) + ", column " + number + ": there is a column \"" +
                                  name + "\" already"};
    }
  }

  table_filler& table_;
  const bool header_;
};

json parse_line(std::string_view text, uint64_t line) {
  const auto where = "line " + std::to_string(line);
  const auto check_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > json_depth_max)
      throw input_fault{line, where + ": nested deeper than " + std::to_string(json_depth_max) + " levels"};
    return true;
  };
  try {
    // The callback is slow, and a line with few brackets cannot be deep.
    const auto openings = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
    return openings > json_depth_max ? json::parse(text, check_depth) : json::parse(text);
  } catch (const json::parse_error& e) {
    throw input_fault{line, where + ", byte " + std::to_string(e.byte) + ": not JSON"};
  }
}

void add_json_line(table_filler& table, std::string_view text, uint64_t line) {
  const auto where = "line " + std::to_string(line);
  if (text.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  if (!is_utf8(text))
    throw encoding_fault{line, where + ": not UTF-8"};
  const auto row = parse_line(text, line);
  if (!row.is_object())
    throw input_fault{line, where + ": not a JSON object"};
  // Columns first: a new one makes another statement.
  for (const auto& [name, unused] : row.items())
    table.column(name, line);
  if (table.column_count() == 0)
    throw input_fault{line, where + ": an object without fields before any with some"};
  auto* s = table.row();
  for (const auto& [name, value] : row.items())
    bind_json(s, static_cast<int>(table.column(name, line)) + 1, value);
  table.add_row();
}

/// The text of the file as UTF-8, in pieces.
template <class Take>
void read_all(const table_source& source, const readable_file& file, const handler_context& ctx,
              const std::function<void(size_t)>& on_bytes, Take take) {
  text_decoder decoder{source.encoding, take};
  std::vector<char> buffer;
  for (auto bytes = read_some(file, buffer); !bytes.empty(); bytes = read_some(file, buffer)) {
    if (must_stop(ctx))
      throw attempt_stopped{};
    decoder.add(bytes);
    on_bytes(bytes.size());
  }
  decoder.finish();
}

void load_csv(table_filler& table, const table_source& source, const readable_file& file, const handler_context& ctx,
              const std::function<void(size_t)>& on_bytes) {
  csv_table rows{table, source};
  csv_reader reader{source.delimiter, [&](auto& record, uint64_t line) { rows.take(record, line); }};
  read_all(source, file, ctx, on_bytes, [&](std::string_view bytes) { reader.add(bytes); });
  reader.finish();
}

void load_jsonl(table_filler& table, const table_source& source, const readable_file& file, const handler_context& ctx,
                const std::function<void(size_t)>& on_bytes) {
  std::string pending;
  uint64_t line = 1;
  read_all(source, file, ctx, on_bytes, [&](std::string_view bytes) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      pending += bytes.substr(0, end);
      add_json_line(table, pending, line++);
      pending.clear();
      bytes.remove_prefix(end + 1);
    }
    pending += bytes;
    if (pending.size() > record_bytes_max)
      throw input_fault{line, "line " + std::to_string(line) + " is longer than " + std::to_string(record_bytes_max) +
                                " bytes"};
  });
  add_json_line(table, pending, line);
}

} // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"')
      out += '"';
    out += c;
  }
  return out + '"';
}

uint64_t load_table(sqlite_database& db, const table_source& source, const readable_file& file,
                    const handler_context& ctx, const std::function<void(size_t)>& on_bytes) {
  table_filler table{db, source.table};
  // One transaction: a commit per row would be most of the work.
  db.execute("BEGIN");
  try {
    if (source.format == table_format::csv)
      load_csv(table, source, file, ctx, on_bytes);
    else
      load_jsonl(table, source, file, ctx, on_bytes);
  } catch (const encoding_fault& f) {
    std::string allowed;
    for (const auto name : text_encodings())
      allowed.append(allowed.empty() ? "" : ", ").append(name);
    give_up("DATA_ENCODING",
            file.path + " " + f.what() + "; " + source.field + ".encoding says what it is in, allowed are " + allowed);
  } catch (const input_fault& f) {
    give_up(source.format == table_format::csv ? "DATA_BAD_CSV" : "DATA_BAD_JSON", file.path + " " + f.what());
  }
  table.create();
  db.execute("COMMIT");
  return table.rows();
}

} // namespace callboard
