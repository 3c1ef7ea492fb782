#pragma once

#include "handlers/handler.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace callboard {

/// A prepared statement.
class sqlite_statement {
public:
  sqlite_statement(sqlite3_stmt* s, sqlite3* db) : statement_(s), db_(db) {
  }

  sqlite3_stmt* get() const {
    return statement_.get();
  }
  /// True for a row, false at the end. Throws as sqlite_database::check.
  bool step();
  void reset() {
    sqlite3_reset(statement_.get());
  }

private:
  struct finalize {
    void operator()(sqlite3_stmt* s) const {
      sqlite3_finalize(s);
    }
  };
  std::unique_ptr<sqlite3_stmt, finalize> statement_;
  sqlite3* db_;
};

/// A private database of one attempt: in memory up to a bound, beyond it in a temporary file without a name.
class sqlite_database {
public:
  /// Interrupts itself (attempt_stopped) when `ctx` is to stop.
  sqlite_database(uint64_t memory_bytes_max, const handler_context& ctx);

  /// A statement of our own making.
  sqlite_statement prepare(const std::string& sql);
  void execute(const std::string& sql);
  /// A statement of a stranger. From here on the database only reads what is in it: no other database, file, setting or
  /// extension. Final failures: `DATA_SQL_ERROR`, `DATA_SQL_REFUSED`.
  sqlite_statement prepare_foreign(const std::string& sql);

private:
  struct close_database {
    void operator()(sqlite3* db) const {
      sqlite3_close_v2(db);
    }
  };
  std::unique_ptr<sqlite3, close_database> db_;
};

/// Throws for anything but SQLITE_OK, SQLITE_ROW and SQLITE_DONE: attempt_stopped after an interrupt, a retryable
/// `DATA_STORAGE` where memory or disk is short, else a final `DATA_SQL_ERROR` with SQLite's words.
void check_sqlite(sqlite3* db, int code);

} // namespace callboard
