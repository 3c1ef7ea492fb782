// Placeholders of templates: what is filled in where, and that no value can be anything else than a value.
#include "http/api/template_fill.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <functional>

using namespace callboard;
using nlohmann::json;

namespace {

constexpr fill_rules plain{1u << 20u, false};

json filled(const json& v, const json& parameters, const fill_rules& rules = plain) {
  auto r = fill_in_parameters(v, parameters, rules);
  INFO((r ? "" : r.err().message));
  REQUIRE(r);
  return *r;
}

error refused(const json& v, const json& parameters, const fill_rules& rules = plain) {
  auto r = fill_in_parameters(v, parameters, rules);
  REQUIRE(!r);
  return r.err();
}

std::string any_text() {
  static const auto pieces = rc::gen::elementOf(std::vector<std::string>{
    "$", "{", "}", "${", "$${", "${param.", "${param.a}", "\"", "\\", ",", ":", "\n", "a", ".", "${jobs.", "ä"});
  std::string out;
  for (const auto& p : *rc::gen::container<std::vector<std::string>>(pieces))
    out += p;
  return out;
}

json any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
  case 0:
    return nullptr;
  case 1:
    return *rc::gen::arbitrary<bool>();
  case 2:
    return *rc::gen::arbitrary<int64_t>();
  case 3:
    return *rc::gen::inRange(-1000, 1000) / 8.0;
  case 4:
    return any_text();
  case 5: {
    auto list = json::array();
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n)
      list.push_back(any_value(depth - 1));
    return list;
  }
  default: {
    auto object = json::object();
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n)
      object[any_text()] = any_value(depth - 1);
    return object;
  }
  }
}

/// A tree whose strings are texts that stay as they are, or stand for a parameter; the values go into `parameters`.
json any_definition(int depth, json& parameters, json& expected) {
  const auto what = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
  const auto name = "p" + std::to_string(parameters.size());
  if (what == 0) {
    expected = *rc::gen::inRange(0, 100);
    return expected;
  }
  if (what == 1) {
    parameters[name] = any_value(2);
    expected = parameters[name];
    return "${param." + name + "}";
  }
  if (what == 2) {
    parameters[name] = any_text();
    expected = "<" + parameters[name].get<std::string>() + ">${item}";
    return "<${param." + name + "}>${item}";
  }
  if (what == 3) {
    expected = "${param.x} ${jobs.a.result} $$ $";
    return "$${param.x} ${jobs.a.result} $$ $";
  }
  auto out = what == 4 ? json::array() : json::object();
  expected = out;
  for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) {
    json inner;
    auto v = any_definition(depth - 1, parameters, inner);
    const auto key = "${param.p0}" + std::to_string(n); // the name of a member is no string value
    if (what == 4) {
      out.push_back(v);
      expected.push_back(inner);
    } else {
      out[key] = v;
      expected[key] = inner;
    }
  }
  return out;
}

} // namespace

TEST_CASE("templates: a string that is one placeholder takes the value, a longer one its text", "[templates]") {
  const json p = {{"n", 3}, {"s", "x"}, {"list", {1, {{"a", "b"}}}}, {"none", nullptr}, {"yes", true}};
  CHECK(filled("${param.n}", p) == 3);
  CHECK(filled("${param.s}", p) == "x");
  CHECK(filled("${param.list}", p) == p["list"]);
  CHECK(filled("${param.list.1.a}", p) == "b");
  CHECK(filled("${param.none}", p) == nullptr);
  CHECK(filled("${param.n}${param.s}", p) == "3x");
  CHECK(filled(" ${param.yes} ${param.none} ${param.list.1}", p) == R"( true null {"a":"b"})");
  CHECK(filled({{"a", {"${param.n}", "b"}}, {"${param.n}", 1}}, p) == json{{"a", {3, "b"}}, {"${param.n}", 1}});
}

TEST_CASE("templates: a literal, and the placeholders of others", "[templates]") {
  const json p = {{"n", 3}};
  CHECK(filled("$${param.n}", p) == "${param.n}");
  CHECK(filled("$$${param.n}", p) == "$${param.n}");
  CHECK(filled("$$ $ ${", p) == "$$ $ ${");
  CHECK(filled("${jobs.a.result} ${schedule.time} ${item} ${params.n} ${param}", p) ==
        "${jobs.a.result} ${schedule.time} ${item} ${params.n} ${param}");
  CHECK(filled("$${a} ${param.n}", p) == "${a} 3");
}

TEST_CASE("templates: what a value holds is not looked at again", "[templates]") {
  const json p = {{"a", "${param.b} $${x}"}, {"b", "secret"}};
  CHECK(filled("${param.a}", p) == "${param.b} $${x}");
  CHECK(filled("-${param.a}", p) == "-${param.b} $${x}");
}

TEST_CASE("templates: what is missing is named", "[templates]") {
  const json p = {{"list", {1, 2}}, {"o", {{"a", 1}}}};
  for (const auto& [text, field] : std::vector<std::pair<std::string, std::string>>{
         {"${param.x}", "parameters.x"},
         {"a ${param.list.2}", "parameters.list.2"},
         {"${param.list.a}", "parameters.list.a"},
         {"${param.list.-1}", "parameters.list.-1"},
         {"${param.o.b}", "parameters.o.b"},
         {"${param.o.a.c}", "parameters.o.a.c"},
       }) {
    const auto e = refused({{"deep", {text}}}, p);
    CHECK(e.code == ec::missing_field);
    CHECK(e.field == field);
  }
}

TEST_CASE("templates: uses are found with their places, and malformed ones refused", "[templates]") {
  const auto uses = find_parameters({{"a", {"x${param.n.m.0}"}}, {"b", "$${param.z} ${param.k}"}}, "job");
  REQUIRE(uses);
  REQUIRE(uses->size() == 2);
  CHECK(uses->front().name == "n");
  CHECK(uses->front().path == std::vector<std::string>{"m", "0"});
  CHECK(uses->front().at == "job.a[0]");
  CHECK(uses->back().name == "k");
  for (const auto* text : {"${param.", "${param.}", "${param.a", "x ${param..a}", "${param.a.}", "${param.a..b}"}) {
    INFO(text);
    const auto wrong = find_parameters({{"a", text}}, "job");
    REQUIRE(!wrong);
    CHECK(wrong.err().code == ec::invalid_value);
    CHECK(wrong.err().field == "job.a");
    CHECK(wrong.err().message.starts_with("job.a has \"${param."));
  }
}

TEST_CASE("templates: many uses of a large value are refused before they are made", "[templates]") {
  auto v = json::array();
  for (int i = 0; i < 1000; ++i)
    v.push_back("${param.big}");
  const auto e = refused(v, {{"big", std::string(10'000, 'x')}});
  CHECK(e.code == ec::body_too_large);
  CHECK(e.field == "parameters.big");
}

TEST_CASE("templates: in a workflow no value brings a placeholder for a result", "[templates]") {
  constexpr fill_rules guarded{1u << 20u, true};
  const json p = {{"bad", "x ${jobs.a.result}"},
                  {"deep", {{"${jobs.a.result}", 1}}},
                  {"head", "${jo"},
                  {"tail", "jobs.a.result}"},
                  {"good", "jobs"}};
  for (const auto* text :
       {"${param.bad}", "a ${param.bad}", "${param.deep}", "${${param.tail}", "${param.head}bs.a.result}"}) {
    INFO(text);
    const auto e = refused(text, p, guarded);
    CHECK(e.code == ec::invalid_value);
    CHECK(e.field.starts_with("parameters."));
  }
  CHECK(filled("${jobs.${param.good}.result}", p, guarded) == "${jobs.jobs.result}");
  CHECK(filled("${param.bad}", p) == p["bad"]);
}

TEST_CASE("templates: any tree is filled with any values, and nothing else changes", "[templates]") {
  CHECK(rc::check([] {
    auto parameters = json::object();
    json expected;
    const auto definition = any_definition(3, parameters, expected);
    const auto made = fill_in_parameters(definition, parameters, plain);
    RC_ASSERT(static_cast<bool>(made));
    RC_ASSERT(*made == expected);
    // As text, as it is submitted, it says the same: no value opens a string, an object or a member.
    RC_ASSERT(json::parse(made->dump()) == expected);
  }));
}
