#include "actors/fleet/registrar.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("a registration that cannot be served is refused by its field") {
  worker_registration good;
  good.name = "w-1.a_B";
  good.boot_epoch = 1;
  good.slots = 1;
  good.types = {"noop"};
  good.versions = good.summaries = good.schemas = {""};
  good.cache_for_us = {0};
  CHECK_FALSE(check_registration(good));
  good.slots = 4096; // the most that workers.slots allows
  CHECK_FALSE(check_registration(good));
  good.named = {{"gpu", 2}, {"licence", 1}};
  good.labels = {{"disk", "ssd"}, {"zone", ""}};
  CHECK_FALSE(check_registration(good));
  const auto field = [&](auto change) {
    auto r = good;
    change(r);
    auto e = check_registration(r);
    REQUIRE(e);
    CHECK(e->code == ec::registration_refused);
    return e->field;
  };
  CHECK(field([](auto& r) { r.protocol = protocol_version + 1; }) == "protocol");
  CHECK(field([](auto& r) { r.name.clear(); }) == "name");
  CHECK(field([](auto& r) { r.name = "a b"; }) == "name");
  CHECK(field([](auto& r) { r.name = std::string(65, 'x'); }) == "name");
  CHECK(field([](auto& r) { r.boot_epoch = 0; }) == "boot_epoch");
  CHECK(field([](auto& r) { r.slots = 0; }) == "slots");
  CHECK(field([](auto& r) { r.slots = 4097; }) == "slots");
  CHECK(field([](auto& r) { r.types.clear(); }) == "types");
  CHECK(field([](auto& r) { r.types.push_back("second"); }) == "types");
  CHECK(field([](auto& r) { r.schemas.clear(); }) == "types");
  CHECK(field([](auto& r) { r.versions[0] = std::string(65, '1'); }) == "versions");
  CHECK(field([](auto& r) { r.cache_for_us.clear(); }) == "cache_for_us");
  CHECK(field([](auto& r) { r.cache_for_us[0] = -1; }) == "cache_for_us");
  CHECK(field([](auto& r) { r.cache_for_us[0] = 999'999; }) == "cache_for_us");
  CHECK(field([](auto& r) { r.cache_for_us[0] = INT64_MAX; }) == "cache_for_us");
  good.cache_for_us = {1'000'000};
  CHECK_FALSE(check_registration(good));
  CHECK(field([](auto& r) { r.summaries[0] = std::string(257, 's'); }) == "summaries");
  CHECK(field([](auto& r) { r.host = "a\x1b[31m"; }) == "host");
  CHECK(field([](auto& r) { r.host = std::string(256, 'h'); }) == "host");
  // Placement searches these lists: they must be sorted, with each name once.
  CHECK(field([](auto& r) { std::swap(r.named[0], r.named[1]); }) == "named");
  CHECK(field([](auto& r) { r.named[1].first = "gpu"; }) == "named");
  CHECK(field([](auto& r) { r.named[0].first = "g pu"; }) == "named");
  CHECK(field([](auto& r) { r.named.resize(257, {"x", 1}); }) == "named");
  CHECK(field([](auto& r) { std::swap(r.labels[0], r.labels[1]); }) == "labels");
  CHECK(field([](auto& r) { r.labels[0].first.clear(); }) == "labels");
  CHECK(field([](auto& r) { r.labels[0].second = std::string(129, 'v'); }) == "labels");
  CHECK(field([](auto& r) { r.labels[0].second = "line\n"; }) == "labels");
}
