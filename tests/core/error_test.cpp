#include "core/base/error.hpp"
#include "core/base/invariant.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace callboard;

TEST_CASE("each error has its row, in order, with a text of its own", "[error]") {
  std::set<std::string_view> texts;
  for (size_t i = 0; i < ec_count; ++i) {
    const auto code = static_cast<ec>(i);
    INFO("row " << i << " " << error_table[i].text);
    CHECK(error_table[i].code == code);
    CHECK(to_string(code) == error_table[i].text);
    CHECK(http_status(code) == error_table[i].http_status);
    CHECK(texts.insert(error_table[i].text).second);
    CHECK(error_table[i].text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    if (code != ec::none)
      CHECK((error_table[i].http_status >= 400 && error_table[i].http_status < 600));
  }
  CHECK(texts.count("") == 0);
}

TEST_CASE("statuses that clients act on", "[error]") {
  CHECK(http_status(ec::unknown_job) == 404);
  CHECK(http_status(ec::invalid_state) == 409);
  CHECK(http_status(ec::queue_full) == 429);
  CHECK(http_status(ec::overloaded) == 503);
  CHECK(http_status(ec::storage_unavailable) == 503);
  CHECK(http_status(ec::internal_timeout) == 504);
  CHECK(http_status(ec::body_too_large) == 413);
}

TEST_CASE("a number that is no error code is told as an internal error", "[error]") {
  CHECK(http_status(static_cast<ec>(250)) == 500);
  CHECK(to_string(static_cast<ec>(250)) == "internal_error");
}

TEST_CASE("a result holds a value or an error", "[error]") {
  result<int> good{7};
  REQUIRE(good);
  CHECK(*good == 7);
  result<int> bad{error{ec::unknown_job, "no such job", "id"}};
  REQUIRE_FALSE(bad);
  CHECK(bad.err().code == ec::unknown_job);
  CHECK(bad.err().field == "id");
}

TEST_CASE("a broken invariant throws with place, sentence and condition", "[error]") {
  const int n = 3;
  CHECK_NOTHROW([&] { CB_INVARIANT(n == 3, "n is three"); }());
  try {
    CB_INVARIANT(n == 4, "n is four");
    FAIL("the invariant did not throw");
  } catch (const std::logic_error& e) {
    const std::string what = e.what();
    CHECK(what.find("error_test.cpp:") != std::string::npos);
    CHECK(what.find("n is four (n == 4)") != std::string::npos);
  }
}
