#include "http/json/json_source.hpp"
#include "http/json/json_writer.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;

TEST_CASE("strings are written so that any parser reads them back", "[json]") {
  const std::string text{"plain \"quoted\" back\\slash \n\r\t \x01\x7F \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"};
  std::string out;
  append_json_string(out, text);
  CHECK(nlohmann::json::parse(out).get<std::string>() == text);
}

TEST_CASE("bytes that are no UTF-8 are replaced, never passed on", "[json]") {
  for (const std::string bad : {"\xFF", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                                "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\x80", "a\xF8z"}) {
    std::string out;
    append_json_string(out, bad);
    CAPTURE(out);
    CHECK(nlohmann::json::accept(out));
    CHECK(out.find("\xEF\xBF\xBD") != std::string::npos);
  }
}

TEST_CASE("the writer places commas", "[json]") {
  std::string out;
  json_writer w{out};
  w.open('{').key("a").number(1).key("b").open('[').number(-2).real(0.5).text("x").open('{').close('}').close(']');
  w.key("c").boolean(false).any_key("d\"").raw("null").key("e").seconds(duration{1'500'000}).close('}');
  CHECK(out == R"({"a":1,"b":[-2,0.5,"x",{}],"c":false,"d\"":null,"e":1.5})");
  std::string odd;
  json_writer{odd}.real(std::numeric_limits<double>::infinity());
  CHECK(odd == "0");
}

namespace {

/// Notes the extent of the value of key "v" at depth 1.
struct extent final : json_events {
  explicit extent(std::string_view t) : text(t) {
  }
  bool scalar(const json_scalar&, const char* at) override {
    return ended(at);
  }
  bool open(bool, const char*) override {
    ++depth;
    return true;
  }
  bool close(const char* at) override {
    --depth;
    return ended(at);
  }
  bool key(std::string& name, const char* at) override {
    if (depth == 1 && name == "v") {
      begin = value_begin(at, text.data() + text.size());
      wanted = true;
    } else if (depth == 1) {
      wanted = false;
    }
    return true;
  }
  bool ended(const char* at) {
    if (depth == 1 && wanted) {
      found = std::string{begin, value_end(begin, at, text.data() + text.size())};
      wanted = false;
    }
    return true;
  }

  std::string_view text;
  const char* begin = nullptr;
  int depth = 0;
  bool wanted = false;
  std::string found;
};

} // namespace

TEST_CASE("the text of a value is cut out exactly", "[json]") {
  for (const std::string value :
       {"1", "-1.5e3", "0", "\"a,}\"", "true", "null", "[1, 2 ,{}]", R"({ "x" : "\"}" })", "[]"})
    for (const std::string behind : {"", " ", ",\"w\":2", " , \"w\": [3]"}) {
      const auto text = "{\"u\":0, \"v\" : " + value + behind + "}";
      CAPTURE(text);
      extent e{text};
      CHECK_FALSE(parse_json(text, e, 10));
      CHECK(e.found == value);
    }
}
