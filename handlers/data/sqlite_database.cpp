#include "handlers/data/sqlite_database.hpp"

#include "handlers/failure.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// Virtual machine instructions between two looks at the token: some hundred microseconds.
constexpr int instructions_between_looks = 10'000;
/// Largest single value a query may build.
constexpr int value_bytes_max = 64 << 20;
/// Longest statement.
constexpr int statement_bytes_max = 1 << 20;

int on_progress(void* context) {
  return must_stop(*static_cast<const handler_context*>(context)) ? 1 : 0;
}

int allow_reading_only(void*, int action, const char*, const char* name, const char*, const char*) {
  switch (action) {
  case SQLITE_SELECT:
  case SQLITE_READ:
  case SQLITE_RECURSIVE:
    return SQLITE_OK;
  case SQLITE_FUNCTION:
    return name && std::string_view{name} == "load_extension" ? SQLITE_DENY : SQLITE_OK;
  default:
    return SQLITE_DENY;
  }
}

} // namespace

void check_sqlite(sqlite3* db, int code) {
  switch (code & 0xFF) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE:
    return;
  case SQLITE_INTERRUPT:
    throw attempt_stopped{};
  case SQLITE_NOMEM:
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    try_again("DATA_STORAGE", std::string{"SQLite: "} + sqlite3_errmsg(db));
  case SQLITE_AUTH:
    give_up("DATA_SQL_REFUSED", std::string{"payload.sql: only reading the inputs is allowed: "} + sqlite3_errmsg(db));
  default:
    give_up("DATA_SQL_ERROR", std::string{"payload.sql: "} + sqlite3_errmsg(db));
  }
}

bool sqlite_statement::step() {
  const int code = sqlite3_step(get());
  check_sqlite(db_, code);
  return code == SQLITE_ROW;
}

sqlite_database::sqlite_database(uint64_t memory_bytes_max, const handler_context& ctx) {
  sqlite3* db = nullptr;
  // The empty name: a temporary database, which goes to disk only when its cache is full.
  const int code = sqlite3_open_v2("", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  check_sqlite(db, code);
  sqlite3_progress_handler(db, instructions_between_looks, &on_progress,
                           const_cast<void*>(static_cast<const void*>(&ctx)));
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, value_bytes_max);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, statement_bytes_max);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  execute("PRAGMA cache_size = -" + std::to_string(std::max<uint64_t>(memory_bytes_max / 1024, 1024)));
  execute("PRAGMA temp_store = FILE");
  execute("PRAGMA journal_mode = OFF");
  execute("PRAGMA trusted_schema = OFF");
}

sqlite_statement sqlite_database::prepare(const std::string& sql) {
  sqlite3_stmt* s = nullptr;
  const int code = sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &s, nullptr);
  sqlite_statement out{s, db_.get()};
  check_sqlite(db_.get(), code);
  return out;
}

void sqlite_database::execute(const std::string& sql) {
  auto s = prepare(sql);
  while (s.step()) {}
}

sqlite_statement sqlite_database::prepare_foreign(const std::string& sql) {
  sqlite3_set_authorizer(db_.get(), &allow_reading_only, nullptr);
  sqlite3_stmt* s = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &s, &rest);
  sqlite_statement out{s, db_.get()};
  check_sqlite(db_.get(), code);
  if (!s)
    give_up("DATA_SQL_ERROR", "payload.sql has no statement in it");
  sqlite3_stmt* second = nullptr;
  const auto left = sql.size() - static_cast<size_t>(rest - sql.data());
  const int rest_code = sqlite3_prepare_v2(db_.get(), rest, static_cast<int>(left), &second, nullptr);
  sqlite3_finalize(second);
  // Blanks and comments are no statement.
  if (second || rest_code != SQLITE_OK)
    give_up("DATA_SQL_REFUSED", "payload.sql has more than one statement");
  return out;
}

} // namespace callboard
