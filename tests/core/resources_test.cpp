#include "core/job/cost.hpp"
#include "core/placement/resources.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("resources are read as people write them", "[resources]") {
  resource_offer o;
  REQUIRE(parse_resources("cpu=0.5, memory=16G,gpu=2,a/b=1", o));
  CHECK(o.cpu_milli == 500);
  CHECK(o.memory_bytes == uint64_t{16} << 30);
  CHECK(o.named == std::vector<std::pair<std::string, uint32_t>>{{"a/b", 1}, {"gpu", 2}});
  REQUIRE(parse_resources("gpu=3", o));
  CHECK(o.cpu_milli == 500); // what is not named stays
  CHECK(o.named.back() == std::pair<std::string, uint32_t>{"gpu", 3});
  CHECK(parse_resources("", o));
  CHECK(*parse_labels("zone=eu,disk=ssd") ==
        std::vector<std::pair<std::string, std::string>>{{"disk", "ssd"}, {"zone", "eu"}});
}

TEST_CASE("what is no resource is refused with its part", "[resources]") {
  for (const std::string text : {"cpu", "cpu=", "cpu=x", "cpu=1.2345", "cpu=1.", "cpu=-1", "memory=1X", "memory=G",
                                 "memory=99999999999T", "gpu=1.5", "gpu=-1", "g u=1", "=1", "slots=2"}) {
    INFO(text);
    resource_offer o;
    const auto r = parse_resources(text, o);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::invalid_value);
    CHECK(r.err().message.find(text.substr(text.find('=') + 1)) != std::string::npos);
  }
  CHECK_FALSE(parse_labels("zone"));
}

TEST_CASE("lists of resources and labels say which rule a part breaks", "[resources]") {
  resource_offer o;
  CHECK(parse_resources("g u=1", o).err().message == "\"g u=1\": a resource's name has 1 to 63 of a-z A-Z 0-9 . _ - /");
  CHECK(parse_resources("gpu", o).err().message == "\"gpu\": must be NAME=VALUE, as cpu=8,memory=16G,gpu=1");
  CHECK(parse_labels("=eu").err().message == "\"=eu\": a label's name has 1 to 63 of a-z A-Z 0-9 . _ - /");
  CHECK(parse_labels("zone").err().message == "\"zone\": must be NAME=VALUE, as zone=eu,disk=ssd");
}

TEST_CASE("a worker's label has a value that a job can ask for", "[resources]") {
  CHECK(parse_labels("zone="));
  CHECK(parse_labels("zone=" + std::string(128, 'x')));
  for (const auto& text : {"zone=" + std::string(129, 'x'), std::string{"zone=a\tb"}, std::string{"zone=\x7F"}}) {
    const auto r = parse_labels(text);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::invalid_value);
    CHECK(r.err().message == "\"" + text + "\": the value of a label has at most 128 bytes without control characters");
  }
}

TEST_CASE("units of memory", "[resources]") {
  CHECK(*parse_memory("1000") == 1000);
  CHECK(*parse_memory("2KiB") == 2048);
  CHECK(*parse_memory("2 MiB") == uint64_t{2} << 20);
  CHECK(*parse_memory("1GB") == 1'000'000'000);
  CHECK(*parse_memory("3T") == uint64_t{3} << 40);
}

TEST_CASE("an attempt's cost by the table of prices", "[cost]") {
  using namespace std::chrono_literals;
  const price_table prices{2.0, 0.5, 0.1};
  usage_total t;
  // Half a CPU hour, 2 GiB for an hour (the request is larger than the peak), 3 slots for an hour.
  add_attempt(t, {1'800'000'000, uint64_t{1} << 30}, {3, 0, uint64_t{2} << 30, {}, {}}, 1h, prices);
  CHECK(t.cost == Approx(0.5 * 2.0 + 2 * 0.5 + 3 * 0.1));
  CHECK(t.attempts == 1);
  add_attempt(t, {0, uint64_t{4} << 30}, {}, 30min, prices);
  CHECK(t.cost == Approx(2.3 + 2 * 0.5 + 0.05));
  CHECK(t.wall_us == 5'400'000'000);
  CHECK(t.memory_byte_seconds == Approx(2.0 * (uint64_t{1} << 30) * 3600 * 2));
  add_attempt(t, {-5, 0}, {}, duration{-1}, prices);
  CHECK(t.cost == Approx(3.35));
}
