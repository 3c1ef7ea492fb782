#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"
#include "handlers/data/row_writer.hpp"
#include "handlers/data/sqlite_database.hpp"
#include "handlers/data/table_loader.hpp"
#include "handlers/failure.hpp"
#include "handlers/files/file_access.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// Rows and bytes of rows in a result; a query without an output file is cut there.
constexpr uint64_t result_rows_max = 1000;
constexpr size_t result_rows_bytes_max = 512u << 10;

/// Progress while the inputs are read goes up to here; the query cannot tell how far it is.
constexpr uint64_t loading_percent = 90;

/// Rows between two looks at the token while rows are written.
constexpr uint64_t rows_between_looks = 1024;

table_format format_of(const json& file, std::string_view field) {
  const auto path = lower_case(file.at("path").get_ref<const std::string&>());
  const auto given = file.value("format", std::string{});
  if (given == "csv" || (given.empty() && path.ends_with(".csv")))
    return table_format::csv;
  if (given == "jsonl" || path.ends_with(".jsonl") || path.ends_with(".ndjson"))
    return table_format::jsonl;
  give_up("DATA_FORMAT", std::string{field} + ".format is needed (csv or jsonl): the path does not end in .csv, .jsonl "
                                              "or .ndjson");
}

void bind(sqlite3_stmt* s, int at, const json& v) {
  if (v.is_null())
    sqlite3_bind_null(s, at);
  else if (v.is_boolean())
    sqlite3_bind_int(s, at, v.get<bool>() ? 1 : 0);
  else if (v.is_number_integer())
    sqlite3_bind_int64(s, at, v.get<int64_t>());
  else if (v.is_number())
    sqlite3_bind_double(s, at, v.get<double>());
  else {
    const auto& text = v.get_ref<const std::string&>();
    sqlite3_bind_text64(s, at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

void bind_params(sqlite3_stmt* s, const json& p) {
  const int wanted = sqlite3_bind_parameter_count(s);
  const auto params = p.value("params", json::array());
  if (params.is_array()) {
    if (static_cast<int>(params.size()) != wanted)
      give_up("DATA_PARAMS", "payload.params has " + std::to_string(params.size()) + " values, payload.sql wants " +
                               std::to_string(wanted));
    for (int i = 0; i < wanted; ++i)
      bind(s, i + 1, params[static_cast<size_t>(i)]);
    return;
  }
  for (int i = 1; i <= wanted; ++i) {
    const char* mark = sqlite3_bind_parameter_name(s, i);
    const auto v = mark ? params.find(mark + 1) : params.end();
    if (v == params.end())
      give_up("DATA_PARAMS", "payload.params has no value for " + (mark ? std::string{mark} : "?" + std::to_string(i)) +
                               " of payload.sql");
    bind(s, i, *v);
  }
  for (const auto& [name, unused] : params.items()) {
    constexpr std::string_view marks = ":@$";
    const bool known = std::any_of(marks.begin(), marks.end(), [&, &field = name](char mark) {
      return sqlite3_bind_parameter_index(s, (mark + field).c_str()) != 0;
    });
    if (!known)
      give_up("DATA_PARAMS", "payload.params." + name + " is not used in payload.sql");
  }
}

class data_processing final : public builtin_handler {
public:
  data_processing(const data_settings& data, file_settings files)
    : builtin_handler(data_processing_type), data_(data), files_(std::move(files)) {
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return run_guarded(ctx, [&] { return process(json::parse(a.payload), ctx); });
  }

private:
  struct input {
    table_source source;
    readable_file file;
  };

  attempt_outcome process(const json& p, handler_context& ctx) const {
    auto inputs = open_inputs(p);
    // Before the work, so that a path that is not allowed costs nothing.
    std::optional<output_file> file;
    auto format = table_format::csv;
    if (const auto o = p.find("output"); o != p.end()) {
      format = format_of(*o, "payload.output");
      file.emplace(o->at("path").get<std::string>(), files_.write_directories, "payload.output.path");
    }
    sqlite_database db{data_.memory_bytes_max, ctx};
    json result{{"inputRows", load(db, inputs, ctx)}};
    auto query = db.prepare_foreign(p.at("sql").get<std::string>());
    bind_params(query.get(), p);
    result["columns"] = column_names(query.get());
    if (file)
      write_rows(query, *file, format, ctx, result);
    else
      keep_rows(query, ctx, result);
    return succeed(to_json_text(result));
  }

  std::vector<input> open_inputs(const json& p) const {
    std::vector<input> out;
    std::set<std::string> names;
    for (const auto& i : p.at("inputs")) {
      const auto field = "payload.inputs[" + std::to_string(out.size()) + "]";
      input in;
      in.source.table = i.at("name").get<std::string>();
      in.source.format = format_of(i, field);
      in.source.field = field;
      in.source.encoding = i.value("encoding", std::string{});
      in.source.header = i.value("header", true);
      in.source.delimiter = i.value("delimiter", std::string{","}).front();
      if (static_cast<unsigned char>(in.source.delimiter) >= 0x80)
        give_up("DATA_FORMAT", field + ".delimiter is not an ASCII character");
      const auto lower = lower_case(in.source.table);
      if (!names.insert(lower).second)
        give_up("DATA_INPUTS", field + ".name: there is a table \"" + in.source.table + "\" already");
      if (lower.starts_with("sqlite_"))
        give_up("DATA_INPUTS", field + ".name: names that begin with sqlite_ belong to SQLite");
      in.file = open_readable(i.at("path").get<std::string>(), files_.read_directories, field + ".path");
      if (in.file.bytes > data_.input_bytes_max)
        give_up("DATA_TOO_LARGE", field + ".path has " + std::to_string(in.file.bytes) +
                                    " bytes; allowed are at most " + std::to_string(data_.input_bytes_max) +
                                    " (handlers.data.input_bytes_max)");
      out.push_back(std::move(in));
    }
    return out;
  }

  static json load(sqlite_database& db, const std::vector<input>& inputs, handler_context& ctx) {
    uint64_t total = 0, read = 0;
    for (const auto& i : inputs)
      total += i.file.bytes;
    json rows = json::object();
    for (const auto& i : inputs)
      rows[i.source.table] = load_table(db, i.source, i.file, ctx, [&](size_t bytes) {
        read += bytes;
        ctx.progress(static_cast<int>(std::min(read, total) * loading_percent / std::max<uint64_t>(total, 1)),
                     "reading " + i.source.table);
      });
    return rows;
  }

  static void write_rows(sqlite_statement& query, output_file& file, table_format format, handler_context& ctx,
                         json& result) {
    ctx.progress(loading_percent, "writing rows");
    row_writer writer{file, format, column_names(query.get())};
    uint64_t rows = 0;
    for (; query.step(); ++rows) {
      if (rows % rows_between_looks == 0 && must_stop(ctx))
        throw attempt_stopped{};
      writer.write(query.get());
    }
    if (must_stop(ctx))
      throw attempt_stopped{};
    file.commit();
    result["rowCount"] = rows;
    result["output"] = file.path();
    result["bytes"] = file.bytes();
  }

  static void keep_rows(sqlite_statement& query, const handler_context& ctx, json& result) {
    auto rows = json::array();
    size_t bytes = 0;
    bool truncated = false;
    while (query.step()) {
      if (must_stop(ctx))
        throw attempt_stopped{};
      auto row = json::array();
      for (int i = 0; i < sqlite3_column_count(query.get()); ++i)
        row.push_back(column_value(query.get(), i));
      bytes += to_json_text(row).size();
      truncated = rows.size() == result_rows_max || bytes > result_rows_bytes_max;
      if (truncated)
        break;
      rows.push_back(std::move(row));
    }
    result["rowCount"] = rows.size();
    result["truncated"] = truncated;
    result["rows"] = std::move(rows);
  }

  const data_settings data_;
  const file_settings files_;
};

} // namespace

std::shared_ptr<handler> make_data_processing(const data_settings& data, const file_settings& files) {
  return std::make_shared<data_processing>(data, files);
}

} // namespace callboard
