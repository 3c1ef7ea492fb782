// Templates in the core: numbered, written down, one change at a time.
#include "core/scheduler/template_flow.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct template_world : hand_world {
  using hand_world::hand_world;
  template <class T>
  using got = std::shared_ptr<std::optional<result<T>>>;

  /// The definition is its own digest.
  got<template_change> put(const std::string& name, const std::string& what, std::optional<uint32_t> version = {}) {
    auto out = std::make_shared<std::optional<result<template_change>>>();
    happen(
      template_put_call{{name, template_kind::job, what, "about " + what, blob{what}},
                        version,
                        answer<template_change>{[out](result<template_change> x) { out->emplace(std::move(x)); }}});
    return out;
  }
  got<template_head> remove(const std::string& name) {
    auto out = std::make_shared<std::optional<result<template_head>>>();
    happen(template_remove_call{name,
                                answer<template_head>{[out](result<template_head> x) { out->emplace(std::move(x)); }}});
    return out;
  }
  uint32_t put_now(const std::string& name, const std::string& what) {
    const auto x = put(name, what);
    settle();
    return (**x)->head.version;
  }
  /// The definition that the disk has.
  std::string stored(const std::string& name, uint32_t version) const {
    const auto key = template_version_key(name, version);
    const auto i = facts.find(key);
    return i == facts.end() ? "" : std::string{parse_template_version(key, i->second)->definition.view()};
  }
  static decision_settings few(size_t templates, uint32_t versions) {
    auto s = plain_settings();
    s.templates_max = templates;
    s.template_versions_max = versions;
    return s;
  }
};

struct small_world : template_world {
  small_world() : template_world(few(2, 3)) {
  }
};

} // namespace

TEST_CASE_METHOD(template_world, "templates: each other content is a version, the same content is not",
                 "[scheduler][templates]") {
  start();
  const auto first = put("a", "x");
  CHECK_FALSE(*first); // not before it is on the disk
  settle();
  CHECK((**first)->created);
  CHECK((**first)->head == template_head{"a", 1, 1, noon, template_kind::job, "x", "about x"});
  CHECK(put_now("a", "x") == 1);
  pass(1s);
  CHECK(put_now("a", "y") == 2);
  CHECK(core.state().templates.at("a").changed_at == noon + 1s);
  CHECK(put_now("a", "x") == 3);
  CHECK(stored("a", 1) == "x");
  CHECK(stored("a", 2) == "y");
  CHECK(stored("a", 3) == "x");
}

TEST_CASE_METHOD(template_world, "templates: an expected version holds, or somebody has changed it",
                 "[scheduler][templates]") {
  start();
  CHECK((**put("a", "x", 1)).err().code == ec::unknown_template);
  put("a", "x", 0);
  settle();
  CHECK((**put("a", "y", 0)).err().code == ec::version_conflict);
  CHECK((**put("a", "y", 2)).err().code == ec::version_conflict);
  CHECK((**put("a", "x", 7))->head.version == 1); // it is what is wanted
  const auto second = put("a", "y", 1), late = put("a", "z", 1);
  settle();
  CHECK((**second)->head.version == 2);
  CHECK((**late).err().code == ec::version_conflict);
}

TEST_CASE_METHOD(small_world, "templates: versions beyond the bound go, and all of them with the template",
                 "[scheduler][templates]") {
  start();
  for (const auto* what : {"1", "2", "3", "4", "5"})
    put_now("a", what);
  CHECK(core.state().templates.at("a").first == 3);
  CHECK(facts.size() == 4);
  CHECK(stored("a", 2).empty());
  CHECK(stored("a", 3) == "3");
  template_read_call read{"a", 2, false, {}};
  CHECK(resolve(core.state(), read).err().code == ec::not_found);
  read.version = 6;
  CHECK(resolve(core.state(), read).err().code == ec::not_found);
  read.version.reset();
  CHECK(resolve(core.state(), read));
  CHECK(read.version == 5u);
  const auto gone = remove("a");
  settle();
  CHECK((**gone)->version == 5);
  CHECK(facts.empty());
  CHECK((**remove("a")).err().code == ec::unknown_template);
  CHECK(put_now("a", "new") == 1);
}

TEST_CASE("templates x a lower bound: what was kept before goes with the next version", "[scheduler][templates]") {
  template_world w{template_world::few(10, 2)};
  w.core.on_opened({.boot = 2, .templates = {{"a", 5, 1, noon, template_kind::job, "5", ""}}}, w.now);
  w.core.on_recovery_complete(w.now);
  w.end_turn();
  for (uint32_t n = 1; n <= 5; ++n)
    w.facts[template_version_key("a", n)] = "changed=0\n";
  CHECK(w.put_now("a", "6") == 6);
  CHECK(w.facts.size() == 3); // the head, 5 and 6
  CHECK(w.facts.count(template_version_key("a", 5)) == 1);
}

TEST_CASE_METHOD(small_world, "templates: more of them than templates.count_max are refused",
                 "[scheduler][templates]") {
  start();
  const auto a = put("a", "x"), b = put("b", "x"), c = put("c", "x");
  settle();
  CHECK((**a));
  CHECK((**b));
  CHECK((**c).err().code == ec::queue_full);
  CHECK((**c).err().message.find("templates.count_max") != std::string::npos);
  CHECK(put_now("a", "y") == 2);
  remove("b");
  settle();
  CHECK(put_now("c", "x") == 1);
}

TEST_CASE_METHOD(template_world, "templates x a full disk: nothing has changed, and the client is told",
                 "[scheduler][templates]") {
  start();
  put_now("a", "x");
  disk_full = true;
  const auto changed = put("a", "y"), made = put("b", "y");
  const auto gone = remove("a");
  settle();
  CHECK((**changed).err().code == ec::storage_unavailable);
  CHECK((**made).err().code == ec::storage_unavailable);
  CHECK((**gone).err().code == ec::storage_unavailable);
  CHECK(core.state().templates.size() == 1);
  disk_full = false;
  CHECK(put_now("a", "y") == 2);
  CHECK(put_now("b", "y") == 1);
}

TEST_CASE_METHOD(template_world, "templates: changes of one wait for each other, and are refused by a shutdown",
                 "[scheduler][templates]") {
  start();
  disk_held = true;
  const auto first = put("a", "x"), second = put("a", "y");
  const auto gone = remove("a");
  const auto other = put("b", "x");
  core.drain();
  CHECK((**second).err().code == ec::shutting_down);
  CHECK((**gone).err().code == ec::shutting_down);
  CHECK_FALSE(core.drained());
  disk_held = false;
  settle();
  CHECK((**first)->head.version == 1);
  CHECK((**other)->head.version == 1);
  CHECK(core.drained());
}

TEST_CASE_METHOD(template_world, "templates x restart: heads are read back as they were", "[scheduler][templates]") {
  start();
  put_now("a", "x");
  put_now("a", "y");
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [key, value] : facts)
    if (key.starts_with(template_prefix))
      found.emplace_back(key, value);
  std::vector<std::string> damaged;
  const auto heads = read_templates(found, damaged);
  REQUIRE(heads.size() == 1);
  CHECK(heads.front() == core.state().templates.at("a"));
  found.front().second = "version=1 first=2\n";
  found.emplace_back("template/b", "no line");
  CHECK(read_templates(found, damaged).empty());
  CHECK(damaged == std::vector<std::string>{"template/a", "template/b"});
}

TEST_CASE_METHOD(template_world, "templates: pages are in the order of names", "[scheduler][templates]") {
  start();
  for (const auto* name : {"c", "a", "b"})
    put_now(name, "x");
  const auto page = page_of(core.state(), template_list_call{"", 2, {}});
  REQUIRE(page.templates.size() == 2);
  CHECK(page.templates.front().name == "a");
  CHECK(page.next == "b");
  CHECK(page_of(core.state(), template_list_call{"b", 2, {}}).templates.front().name == "c");
}
