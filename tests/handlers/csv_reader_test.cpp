#include "handlers/data/csv_reader.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

using records = std::vector<std::vector<std::string>>;

/// Fields with a quote in front when they were quoted. Fed in pieces of `piece` bytes.
records parse(std::string_view text, size_t piece, char delimiter = ',') {
  records out;
  csv_reader r{delimiter, [&](auto& record, uint64_t) {
                 auto& row = out.emplace_back();
                 for (auto& f : record)
                   row.push_back((f.quoted ? "'" : "") + f.text);
               }};
  for (size_t i = 0; i < text.size(); i += piece)
    r.add(text.substr(i, piece));
  r.finish();
  return out;
}

} // namespace

TEST_CASE("CSV is split by RFC 4180, in pieces of any size") {
  const auto piece = GENERATE(size_t{1}, size_t{2}, size_t{3}, size_t{1000});
  CAPTURE(piece);
  CHECK(parse("a,b\n1,2\n", piece) == records{{"a", "b"}, {"1", "2"}});
  CHECK(parse("a,b\r\n1,2", piece) == records{{"a", "b"}, {"1", "2"}});
  CHECK(parse("\"x, \"\"y\"\"\nz\",\"\",\n", piece) == records{{"'x, \"y\"\nz", "'", ""}});
  CHECK(parse("a;b,c\n", piece, ';') == records{{"a", "b,c"}});
  CHECK(parse("a\n\n\r\nb\n", piece) == records{{"a"}, {"b"}});
  CHECK(parse("\"\"\n,\n", piece) == records{{"'"}, {"", ""}});
  CHECK(parse("\"a\"\r\n\"b\"", piece) == records{{"'a"}, {"'b"}});
  CHECK(parse("", piece).empty());
}

TEST_CASE("CSV that is none is refused with its place") {
  const auto [text, line, words] = GENERATE(table<const char*, uint64_t, const char*>({
    {"a,b\n1,\"x\"y\n", 2, "line 2, column 2"},
    {"a\nb\"c\n", 2, "line 2, column 1"},
    {"a\n\"b\nc\nd", 2, "line 2, column 1: the closing quote is missing"},
    {"\"x\ny\"z", 2, "line 2, column 1"},
  }));
  CAPTURE(text);
  try {
    parse(text, 1);
    FAIL("it was accepted");
  } catch (const input_fault& f) {
    CHECK(f.line == line);
    CHECK_THAT(f.what(), Catch::Contains(words));
  }
}

TEST_CASE("fields are quoted where reading them back needs it") {
  for (const auto* text : {"plain", "", "a,b", "a\"b", "a\nb", "a\rb", " "}) {
    CAPTURE(text);
    const auto back = parse(csv_field(text, ',') + "\n", 1);
    REQUIRE(back.size() == 1);
    CHECK((back[0][0] == text || back[0][0] == std::string{"'"} + text));
  }
  CHECK(csv_field("plain", ',') == "plain");
  CHECK(csv_field("", ',') == "\"\"");
}
