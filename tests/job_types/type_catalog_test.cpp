#include "tests/handlers/handler_run.hpp"

#include <atomic>
#include <thread>

#include "job_types/type_catalog.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

type_description described(std::string name, std::string version, std::string schema = {}) {
  return {std::move(name), std::move(version), "a summary", std::move(schema)};
}

constexpr const char* wants_x = R"({"type":"object","required":["x"]})";
constexpr const char* wants_y = R"({"type":"object","required":["y"]})";

/// The field that is missing of an empty object, or "none" when that is good.
std::string wanted(const type_catalog& c, const std::string& type) {
  const auto ok = c.validator()->check(type, "{}");
  return ok ? "none" : ok.err().field;
}

} // namespace

TEST_CASE("a type is known from when a worker registers it, with its schema") {
  type_catalog c{{}};
  CHECK_FALSE(c.validator()->knows("thumbnail"));
  const auto before = c.validator();
  const auto changes = c.offer({described("thumbnail", "1", wants_x), described("free", "1")}, false);
  REQUIRE(changes);
  CHECK(changes->empty());
  CHECK(wanted(c, "thumbnail") == "payload.x");
  CHECK(wanted(c, "free") == "none");
  // Who took the validator earlier goes on with that one.
  CHECK_FALSE(before->knows("thumbnail"));
}

TEST_CASE("of two schemas the one registered last holds, and the change is told") {
  type_catalog c{{}};
  REQUIRE(c.offer({described("t", "1", wants_x)}, false));
  const auto changes = c.offer({described("t", "2", wants_y)}, false);
  REQUIRE(changes);
  REQUIRE(changes->size() == 1);
  CHECK_THAT(changes->front(), Catch::Contains("job type t") && Catch::Contains("version 2"));
  CHECK(wanted(c, "t") == "payload.y");

  SECTION("a process that only comes back changes nothing, but brings what is not known") {
    const auto again = c.offer({described("t", "1", wants_x), described("u", "1", wants_x)}, true);
    REQUIRE(again);
    CHECK(again->empty());
    CHECK(wanted(c, "t") == "payload.y");
    CHECK(wanted(c, "u") == "payload.x");
  }
  SECTION("one without a schema leaves the one that is there") {
    REQUIRE(c.offer({described("t", "3")}, false));
    CHECK(wanted(c, "t") == "payload.y");
  }
  SECTION("the same once more is no change") {
    const auto same = c.offer({described("t", "2", wants_y)}, false);
    REQUIRE(same);
    CHECK(same->empty());
  }
}

TEST_CASE("a registration is taken as a whole or not at all") {
  type_catalog c{{.types_max = 2, .schema_bytes_max = 100}};
  REQUIRE(c.offer({described("a", "1")}, false));
  const auto refused = [&](std::vector<type_description> types) {
    types.insert(types.begin(), described("good", "1"));
    const auto r = c.offer(types, false);
    REQUIRE_FALSE(r);
    CHECK_FALSE(c.validator()->knows("good"));
    return r.err().message;
  };
  CHECK_THAT(refused({described("b", "1")}), Catch::Contains("jobs.types_max"));
  CHECK_THAT(refused({described("a", "2", "{")}), Catch::Contains("job type a") && Catch::Contains("not JSON"));
  CHECK_THAT(refused({described("a", "2", std::string(101, ' '))}), Catch::Contains("jobs.schema_bytes_max"));
  CHECK_THAT(refused({described("a b", "1")}), Catch::Contains("letters"));
  CHECK_THAT(refused({described("", "1")}), Catch::Contains("letters"));
  CHECK_THAT(refused({described(std::string(129, 'a'), "1")}), Catch::Contains("128"));
  CHECK(c.record("a").has_value());
}

TEST_CASE("what is written down brings a type back") {
  std::optional<std::string> record;
  {
    type_catalog c{{}};
    REQUIRE(c.offer({described("t", "7", wants_x)}, false));
    record = c.record("t");
    CHECK_FALSE(c.record("other"));
  }
  REQUIRE(record);
  type_catalog next{{}};
  REQUIRE(next.restore("t", *record));
  CHECK(wanted(next, "t") == "payload.x");
  CHECK(next.record("t") == record);
  SECTION("a registration since then wins") {
    REQUIRE(next.offer({described("t", "8", wants_y)}, false));
    REQUIRE(next.restore("t", *record));
    CHECK(wanted(next, "t") == "payload.y");
  }
  SECTION("a record that is none is told and does no harm") {
    for (const auto* bad :
         {"", "{", "{}", R"({"version":1,"summary":"","schema":""})", R"({"version":"1","summary":"","schema":"["})"}) {
      const auto r = next.restore("u", bad);
      REQUIRE_FALSE(r);
      CHECK(r.err().code == ec::corrupt_record);
      CHECK_FALSE(next.validator()->knows("u"));
    }
  }
}

TEST_CASE("a declared type needs no record, nor does a worker that says the same") {
  type_catalog c{{}};
  REQUIRE(c.declare(described("t", "1", wants_x)));
  CHECK(wanted(c, "t") == "payload.x");
  CHECK_FALSE(c.record("t"));
  REQUIRE(c.offer({described("t", "1", wants_x)}, false));
  CHECK_FALSE(c.record("t"));
  SECTION("one that says something else has one") {
    const auto changes = c.offer({described("t", "2", wants_y)}, false);
    REQUIRE(changes);
    CHECK(changes->size() == 1);
    const auto record = c.record("t");
    REQUIRE(record);
    type_catalog next{{}};
    REQUIRE(next.declare(described("t", "1", wants_x)));
    REQUIRE(next.restore("t", *record));
    CHECK(wanted(next, "t") == "payload.y");
  }
  SECTION("one without a schema leaves payloads to the declaration, also after a restart with another one") {
    REQUIRE(c.offer({described("t", "2")}, false));
    const auto record = c.record("t");
    REQUIRE(record);
    type_catalog next{{}};
    REQUIRE(next.declare(described("t", "1", wants_y)));
    REQUIRE(next.restore("t", *record));
    CHECK(wanted(next, "t") == "payload.y");
  }
  SECTION("a declaration with a schema that is none is refused by name") {
    const auto bad = c.declare(described("bad", "1", R"({"type":"strin"})"));
    REQUIRE_FALSE(bad);
    CHECK_THAT(bad.err().message, Catch::Contains("job type bad"));
    CHECK_FALSE(c.validator()->knows("bad"));
  }
}

TEST_CASE("types are declared by files, one for each") {
  const temporary_directory d;
  d.write("thumbnail.json", R"({"description":"makes small pictures","required":["file"]})");
  d.write("free.json", "{}");
  d.write("README.md", "not a type");
  const auto types = read_types_directory(d.path(), 1000);
  REQUIRE(types);
  REQUIRE(types->size() == 2);
  CHECK(types->at(0).name == "free");
  CHECK(types->at(1).name == "thumbnail");
  CHECK(types->at(1).summary == "makes small pictures");

  const auto refused = [&] {
    const auto r = read_types_directory(d.path(), 1000);
    REQUIRE_FALSE(r);
    CHECK(r.err().field == "jobs.types_directory");
    return r.err().message;
  };
  SECTION("too large") {
    d.write("large.json", std::string(1001, ' '));
    CHECK_THAT(refused(),
               Catch::Contains("large.json") && Catch::Contains("larger than 1000 bytes (jobs.schema_bytes_max)"));
  }
  SECTION("empty") {
    d.write("empty.json", "\n");
    CHECK_THAT(refused(), Catch::Contains("empty.json"));
  }
  SECTION("a name that cannot be") {
    d.write("a b.json", "{}");
    CHECK_THAT(refused(), Catch::Contains("a b.json"));
  }
  SECTION("no such directory") {
    const auto r = read_types_directory(d.path("missing"), 1000);
    REQUIRE_FALSE(r);
    CHECK_THAT(r.err().message, Catch::Contains("missing"));
  }
}

TEST_CASE("payloads are checked while workers register") {
  type_catalog c{{}};
  REQUIRE(c.offer({described("t", "0", wants_x)}, false));
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!over) {
        // Both schemas take this one, and none takes the other.
        wrong += c.validator()->check("t", R"({"x":1,"y":1})") ? 0 : 1;
        wrong += c.validator()->check("t", "{}") ? 1 : 0;
      }
    });
  for (int i = 1; i <= 200; ++i)
    REQUIRE(c.offer({described("t", std::to_string(i), i % 2 == 0 ? wants_x : wants_y)}, false));
  over = true;
  for (auto& t : readers)
    t.join();
  CHECK(wrong == 0);
}

TEST_CASE("a message lists some of very many types") {
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i)
    names.push_back("t" + std::to_string(i));
  CHECK_THAT(listed_types(names), Catch::StartsWith("t0, t1, ") && Catch::EndsWith("t49 and 10 more"));
  CHECK(listed_types({"a", "b"}) == "a, b");
}
