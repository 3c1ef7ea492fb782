#include "config/host_port.hpp"
#include "config/units.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE("durations are read with units") {
  const std::pair<const char*, duration> good[] = {
    {"15s", 15s},        {"100ms", 100ms}, {"7d", 168h},    {"10min", 10min},      {"10m", 10min},   {"1h30min", 90min},
    {"1h 30min", 90min}, {"2 s", 2s},      {"0.5s", 500ms}, {"1.5h", 90min},       {"250us", 250us}, {"0", 0s},
    {"3", 3s},           {"0.25", 250ms},  {"0s", 0s},      {"1830d", 1830 * 24h},
  };
  for (const auto& [text, expected] : good) {
    INFO(text);
    CHECK(parse_duration(text) == expected);
  }
  for (const auto* text : {"", "s", "-1s", "+1s", "1x", "1 s s", "1s2h", "1s1s", "1e3s", "1..5s", " 1s", "1s ", "nan",
                           "inf", "1S", "99999999999999999999s", "36601d", "0x10s", "1h30"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a number of seconds has bounds") {
  CHECK(duration_of_seconds(1.5) == duration{1'500'000});
  CHECK_FALSE(duration_of_seconds(-0.001));
  CHECK_FALSE(duration_of_seconds(1e18));
  CHECK_FALSE(duration_of_seconds(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("durations print in the largest unit that fits, and read back") {
  const std::pair<duration, const char*> samples[] = {{0s, "0s"},         {15s, "15s"}, {100ms, "100ms"},
                                                      {300s, "5min"},     {24h, "1d"},  {90min, "90min"},
                                                      {1500ms, "1500ms"}, {1us, "1us"}, {3600s, "1h"}};
  for (const auto& [d, text] : samples) {
    CHECK(format_duration(d) == text);
    CHECK(parse_duration(text) == d);
  }
}

TEST_CASE("sizes are read with units") {
  const std::pair<const char*, uint64_t> good[] = {
    {"0", 0},        {"512", 512}, {"64MiB", 64u << 20}, {"1GB", 1'000'000'000}, {"1.5kB", 1500},
    {"1 KiB", 1024}, {"10b", 10},  {"2gib", 2ull << 30}, {"1TiB", 1ull << 40},   {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& [text, expected] : good) {
    INFO(text);
    CHECK(parse_bytes(text) == expected);
  }
  for (const auto* text : {"", "MiB", "-1", "1.5", "0.3kB x", "1XB", "1 2", "1e3", "99999999TiB"}) {
    INFO(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("sizes print exactly") {
  CHECK(format_bytes(0) == "0");
  CHECK(format_bytes(1000) == "1000");
  CHECK(format_bytes(1u << 20) == "1MiB");
  CHECK(format_bytes(3u << 10) == "3KiB");
  CHECK(format_bytes(5ull << 30) == "5GiB");
  CHECK(parse_bytes(format_bytes(12'345'678)) == 12'345'678u);
}

TEST_CASE("addresses") {
  CHECK(parse_host_port("127.0.0.1:8080") == host_port{"127.0.0.1", 8080});
  CHECK(parse_host_port("localhost:0") == host_port{"localhost", 0});
  CHECK(parse_host_port("[::1]:65535") == host_port{"::1", 65535});
  CHECK(to_string(host_port{"::1", 80}) == "[::1]:80");
  CHECK(to_string(host_port{"a.b", 80}) == "a.b:80");
  for (const auto* text : {"", ":", ":80", "host", "host:", "host:65536", "host:-1", "host:+1", "host: 1", "host:1x",
                           "::1:80", "[::1]", "[]:1", "[abc]:1", "a b:1", "http://a:1", "a/b:1"}) {
    INFO(text);
    CHECK_FALSE(parse_host_port(text));
  }
}
