#include "http/api/media_type.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("a media type is recognised in any case, with and without parameters", "[media_type]") {
  for (const auto* good : {"application/x-ndjson", "Application/X-NDJSON", "application/x-ndjson;charset=utf-8",
                           "application/x-ndjson ; charset=utf-8", " application/x-ndjson\t", "application/x-ndjson;"})
    CHECK(is_media_type(good, media_ndjson));
  for (const auto* bad : {"", ";", "application", "application/", "application/x", "application/x-ndjson2",
                          "application/json", "application/xml", "xapplication/x-ndjson", "application/x-ndjson,a",
                          "application /x-ndjson", "text/plain; application/x-ndjson"})
    CHECK_FALSE(is_media_type(bad, media_ndjson));
  CHECK(is_media_type("application/JSON; charset=UTF-8", media_json));
}
