// Fire times by two other implementations, croner (npm) and croniter (Python), made by cron_tables.py.
#include "core/calendar/cron.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "files/time_zone.hpp"

using namespace callboard;

TEST_CASE("cron: fires when croner and croniter let it fire, but for what they do otherwise", "[files]") {
  // croner drops a time of day that the clocks skip when the expression has several such times; one alone it moves, as
  // ours does. Debian's cron(8) runs all of them. croniter leaves out 1 March when days of the month go by steps.
  const std::set<std::string> otherwise{"croner|15,45 2,3 * * *", "croner|23 0-20/2 * * *", "croniter|0 0 */10 * *"};
  std::set<std::string> found_otherwise;
  std::ifstream in{CALLBOARD_CRON_TABLES};
  size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    std::istringstream words{line};
    std::string who, expression, zone_name, begin, theirs;
    for (auto* w : {&who, &expression, &zone_name, &begin, &theirs})
      std::getline(words, *w, '|');
    CAPTURE(line);
    const auto c = cron::parse(expression);
    const auto zone = find_time_zone(zone_name);
    REQUIRE(c);
    REQUIRE(zone);
    std::chrono::sys_seconds t{std::chrono::seconds{std::stoll(begin)}};
    std::string ours;
    for (auto n = 1 + std::count(theirs.begin(), theirs.end(), ' '); n > 0; --n) {
      const auto next = c->next(t, **zone);
      REQUIRE(next);
      t = *next;
      ours += (ours.empty() ? "" : " ") + std::to_string(t.time_since_epoch().count());
    }
    const auto row = who + "|" + expression;
    if (ours != theirs && otherwise.count(row) != 0)
      found_otherwise.insert(row);
    else
      CHECK(ours == theirs);
  }
  CHECK(lines > 1000);
  CHECK(found_otherwise == otherwise);
}
