#include "tests/core/reports/samples.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr price_table prices{3600, 0, 7200};

/// A book that knows what the store has: nothing, unless a test says so.
struct fresh_book {
  report_book book{3};
  report_rows stored;
  fresh_book() {
    book.restore_days({});
  }
  void add(job_state after, time_point at, const std::string& type = "exec") {
    book.add(delta_of({ended(after, type)}), at, prices);
  }
  /// What was read, written and answered.
  size_t flush() {
    for (const auto d : book.unread()) {
      report_rows of_day;
      for (const auto& [key, row] : stored)
        if (key.day == d)
          of_day.emplace(key, row);
      book.restore(d, of_day);
    }
    const auto f = book.begin_flush();
    store(stored, f);
    book.end_flush(true);
    return f.rows.size();
  }
  report_row total(report_day d) const {
    const auto at = stored.find({d, report_kind::all, ""});
    return at == stored.end() ? report_row{} : at->second;
  }
};

} // namespace

TEST_CASE_METHOD(fresh_book, "a sample counts for all, its type, its queue, its tags and its tenant", "[report]") {
  auto s = ended(job_state::failed);
  s.tags = {"a", "b"};
  s.tenant = "acme";
  s.wait = 2s;
  s.asked.slots = 2;
  metrics_delta d = delta_of({s});
  d.arrivals.push_back({"exec", "default", "acme", {"a"}, 5});
  book.add(d, after_midnight(first_day, 1h), prices);
  for (const auto kind : {report_kind::all, report_kind::type, report_kind::queue, report_kind::tenant}) {
    CAPTURE(to_string(kind));
    const auto rows = rows_of(book, kind);
    REQUIRE(rows.size() == 1);
    const auto& r = rows.begin()->second;
    CHECK((r.submitted == 5 && r.failed == 1 && r.completed == 0));
    CHECK(r.codes == std::vector<std::pair<std::string, uint64_t>>{{"BAD_INPUT", 1}});
    CHECK((r.wait_us.count() == 1 && r.run_us.max() == 1'000'000));
    CHECK((r.usage.cpu_us == 500'000 && r.slot_us == 2'000'000));
    CHECK(r.usage.cost == Approx(0.5 + 2 * 2));
  }
  const auto tags = rows_of(book, report_kind::tag);
  REQUIRE(tags.size() == 2);
  CHECK((tags.at({first_day, report_kind::tag, "a"}).submitted == 5));
  CHECK((tags.at({first_day, report_kind::tag, "b"}).submitted == 0));
  CHECK(rows_of(book, report_kind::type).begin()->second.cpu_used_milli.max() == 500);
  CHECK(rows_of(book).begin()->second.cpu_used_milli.count() == 0);
}

TEST_CASE_METHOD(fresh_book, "names beyond the limit are counted together", "[report]") {
  for (const auto* type : {"a", "b", "c", "d", "e", "a"})
    add(job_state::completed, after_midnight(first_day, 1h), type);
  const auto rows = rows_of(book, report_kind::type);
  REQUIRE(rows.size() == 4);
  CHECK(rows.at({first_day, report_kind::type, "a"}).completed == 2);
  CHECK(rows.at({first_day, report_kind::type, std::string{other_names}}).completed == 2);
  // Each day has room of its own.
  add(job_state::completed, after_midnight(first_day, 25h), "e");
  CHECK(rows_of(book, report_kind::type).count({first_day + std::chrono::days{1}, report_kind::type, "e"}) == 1);
}

TEST_CASE_METHOD(fresh_book, "a day that changes at midnight keeps what was counted before", "[report]") {
  const auto next = first_day + std::chrono::days{1};
  add(job_state::completed, after_midnight(next, -1us));
  add(job_state::completed, after_midnight(next, 0us));
  CHECK(flush() == 6);
  CHECK(book.stored_days() == std::set{first_day, next});
  CHECK(rows_of(book).size() == 1); // the day that is over is in the store only
  add(job_state::failed, after_midnight(next, 1h));
  CHECK(flush() == 3);
  CHECK((total(first_day).completed == 1 && total(next).completed == 1 && total(next).failed == 1));
}

TEST_CASE_METHOD(fresh_book, "a clock that is set over midnight, back and forth, counts everything once", "[report]") {
  const auto next = first_day + std::chrono::days{1};
  add(job_state::completed, after_midnight(next, 1h));
  flush();
  add(job_state::completed, after_midnight(first_day, 23h)); // back
  flush();
  add(job_state::failed, after_midnight(next, 2h)); // and forth: the rows of that day are read again
  CHECK(book.unread() == std::vector{next});
  add(job_state::completed, after_midnight(first_day, 22h));
  flush();
  CHECK(total(first_day).completed == 2);
  CHECK((total(next).completed == 1 && total(next).failed == 1));
}

TEST_CASE_METHOD(fresh_book, "a start goes on with the rows that are stored", "[report]") {
  add(job_state::completed, after_midnight(first_day, 1h), "a");
  add(job_state::completed, after_midnight(first_day, 1h), "b");
  flush();
  fresh_book later;
  later.stored = stored;
  later.add(job_state::completed, after_midnight(first_day, 2h), "b");
  later.add(job_state::failed, after_midnight(first_day, 2h), "c");
  later.add(job_state::failed, after_midnight(first_day, 2h), "d");
  CHECK_FALSE(later.book.is_read(first_day));
  CHECK(later.book.begin_flush().rows.empty()); // not before the rows of the day are known
  later.flush();
  CHECK((later.total(first_day).completed == 3 && later.total(first_day).failed == 2));
  CHECK(later.stored.at({first_day, report_kind::type, "b"}).completed == 2);
  // Stored names come before new ones when there is not room for all.
  CHECK(later.stored.at({first_day, report_kind::type, "c"}).failed == 1);
  CHECK(later.stored.at({first_day, report_kind::type, std::string{other_names}}).failed == 1);
}

TEST_CASE_METHOD(fresh_book, "what could not be written is written later, with what came meanwhile", "[report]") {
  book.restore(first_day, {});
  add(job_state::completed, after_midnight(first_day, 1h));
  const auto lost = book.begin_flush();
  CHECK(lost.rows.size() == 3);
  CHECK(book.is_flushing());
  add(job_state::completed, after_midnight(first_day, 1h), "other");
  book.end_flush(false);
  CHECK(book.stored_days().empty());
  CHECK(flush() == 4);
  CHECK(total(first_day).completed == 2);
  CHECK(flush() == 0);
}

TEST_CASE_METHOD(fresh_book, "an actor that begins again neither loses nor counts twice", "[report]") {
  book.restore(first_day, {});
  add(job_state::completed, after_midnight(first_day, 1h));
  store(stored, book.begin_flush()); // written, and nobody heard of it
  book.begin_again();
  add(job_state::completed, after_midnight(first_day, 1h));
  flush();
  CHECK(total(first_day).completed == 2);
}

TEST_CASE_METHOD(fresh_book, "nothing is written while the stored days are not known", "[report]") {
  report_book unknown{3};
  unknown.add(delta_of({ended(job_state::completed)}), after_midnight(first_day, 1h), prices);
  unknown.restore(first_day, {});
  CHECK(unknown.begin_flush().rows.empty());
  unknown.restore_days({first_day - std::chrono::days{7}});
  const auto f = unknown.begin_flush();
  CHECK(f.rows.size() == 3);
  CHECK(f.days == std::set{first_day - std::chrono::days{7}, first_day});
}

TEST_CASE("a row keeps the codes that come first by name, the others together", "[report]") {
  report_row r;
  for (size_t i = 0; i < report_codes_max + 4; ++i) {
    auto s = ended(job_state::failed);
    s.code = "CODE_" + std::to_string(i);
    r.add(s, prices, report_kind::all);
  }
  CHECK(r.codes.size() == report_codes_max + 1);
  CHECK(r.codes.front() == std::pair<std::string, uint64_t>{other_names, 4});
  report_row both = r;
  both.merge(r);
  CHECK(both.codes.size() == report_codes_max + 1);
  CHECK(both.codes.front().second == 8);
  CHECK(both.failed == 2 * (report_codes_max + 4));
}
