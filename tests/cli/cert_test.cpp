#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using action = cert_options::action;

TEST_CASE("each action on certificates is read with its own flags") {
  const session s;
  auto r = s.run({"cert", "issue", "blue-1", "--out", "b.pem", "--days", "30", "--tls", "/ca", "--json"});
  REQUIRE(r.certified);
  CHECK(r.certified->wanted == action::issue);
  CHECK(r.certified->name == "blue-1");
  CHECK(r.certified->bundle == "b.pem");
  CHECK(r.certified->valid == std::chrono::days{30});
  CHECK(r.certified->directory == "/ca");
  CHECK(r.certified->json);
  r = s.run({"cert", "revoke", "blue-1"});
  REQUIRE(r.certified);
  CHECK(r.certified->wanted == action::revoke);
  CHECK(r.certified->name == "blue-1");
  CHECK(s.run({"cert", "list"}).certified->wanted == action::list);
  CHECK(s.run({"cert", "init"}).certified->wanted == action::init);
}

TEST_CASE("certificates are where a scheduler with the same settings has them") {
  const auto r = session{}.run({"cert", "list", "--set", "store.directory=/srv/jobs"});
  REQUIRE(r.certified);
  CHECK(r.certified->directory == "/srv/jobs/tls");
}

TEST_CASE("an action on certificates without its name, or none at all, is wrong input") {
  CHECK(session{}.run({"cert"}).code == 1);
  CHECK(session{}.run({"cert", "issue"}).code == 1);
  CHECK(session{}.run({"cert", "issue", "a", "--days", "0"}).code == 1);
  CHECK(session{}.run({"cert", "revoke"}).code == 1);
}

TEST_CASE("a worker may have its certificate in a bundle") {
  const auto r = session{}.run({"worker", "--join", "h:7070", "--bundle", "blue-1.bundle"});
  REQUIRE(r.worked);
  CHECK(r.worked->bundle == "blue-1.bundle");
  CHECK(r.worked->name.empty());
}
