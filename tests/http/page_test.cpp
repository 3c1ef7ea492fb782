#include "http/api/schema_source.hpp"
#include "http/web/page_answer.hpp"
#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

const page_file files[] = {
  {"", "text/html; charset=utf-8", "W/\"a1\"", false, "packed", "<!doctype html>"},
  {"assets/index-1.js", "text/javascript; charset=utf-8", "W/\"b2\"", true, "PACKED", "let plain"},
};

std::optional<page_answer> find(std::vector<std::string> segments, http_method method = http_method::get,
                                std::string_view accept = "", std::string_view known = "") {
  return find_page(files, method, segments, accept, known);
}

std::string written(const page_answer& a, const response_frame& f = {}) {
  std::string out;
  append_page(out, a, f);
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class three_schemas final : public schema_source {
public:
  std::vector<described_type> schemas(const std::string& after, size_t limit) const override {
    std::vector<described_type> out;
    for (const auto* name : {"a", "b", "c"})
      if (name > after && out.size() < limit)
        out.push_back({name, "1.0", "what it does", name == std::string{"b"} ? "" : R"({"type":"object"})"});
    return out;
  }
};

} // namespace

TEST_CASE("the page answers its own paths, and no path of the interface", "[page]") {
  CHECK(find({})->file == &files[0]);
  CHECK(find({"assets", "index-1.js"})->file == &files[1]);
  CHECK(find({}, http_method::head));
  for (const auto method : {http_method::post, http_method::put, http_method::delete_, http_method::other})
    CHECK_FALSE(find({}, method));
  CHECK_FALSE(find({"api"}));
  CHECK_FALSE(find({"api", "jobs"}));
  CHECK_FALSE(find({"assets"}));
  CHECK_FALSE(find({"assets", "..", "index-1.js"}));
  CHECK_FALSE(find_page({}, http_method::get, {}, "", ""));
}

TEST_CASE("gzip goes to who takes it", "[page]") {
  for (const auto* yes : {"gzip", "br, gzip", "GZIP;q=0.5", "deflate,x-gzip", "gzip ; q=1.000", "gzip;q=0.001"}) {
    CAPTURE(yes);
    CHECK(takes_gzip(yes));
  }
  for (const auto* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "identity", "gzipped", ",,", "br;q=1, deflate"}) {
    CAPTURE(no);
    CHECK_FALSE(takes_gzip(no));
  }
  const auto packed = written(*find({}, http_method::get, "gzip"));
  CHECK(has(packed, "\r\nContent-Encoding: gzip\r\n"));
  CHECK(has(packed, "\r\nContent-Length: 6\r\n"));
  CHECK(packed.ends_with("\r\n\r\npacked"));
  const auto plain = written(*find({}));
  CHECK_FALSE(has(plain, "Content-Encoding"));
  CHECK(has(plain, "\r\nVary: Accept-Encoding\r\n"));
  CHECK(plain.ends_with("\r\n\r\n<!doctype html>"));
}

TEST_CASE("what the browser has is not sent again", "[page]") {
  for (const auto* same : {"W/\"a1\"", "\"a1\"", "\"x\", W/\"a1\"", "*"}) {
    CAPTURE(same);
    const auto answer = written(*find({}, http_method::get, "gzip", same));
    CHECK(answer.starts_with("HTTP/1.1 304 Not Modified\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(has(answer, "\r\nETag: W/\"a1\"\r\n"));
    CHECK_FALSE(has(answer, "Content-Length"));
  }
  for (const auto* other : {"", "\"b2\"", "a1", "\"a1"}) {
    CAPTURE(other);
    CHECK(written(*find({}, http_method::get, "", other)).starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_CASE("the page loads nothing from elsewhere, and only files with a version in their names are kept", "[page]") {
  const auto page = written(*find({}), {.request_id = "r1", .date = "today", .close = true});
  CHECK(has(page, "\r\nCache-Control: no-cache\r\n"));
  CHECK(has(page, "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                  "'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"));
  CHECK(has(page, "\r\nX-Content-Type-Options: nosniff\r\n"));
  CHECK(has(page, "\r\nX-Request-Id: r1\r\n"));
  CHECK(has(page, "\r\nConnection: close\r\n"));
  const auto script = written(*find({"assets", "index-1.js"}));
  CHECK(has(script, "\r\nCache-Control: public, max-age=31536000, immutable\r\n"));
  CHECK(has(script, "\r\nContent-Type: text/javascript; charset=utf-8\r\n"));
  const auto head = written(*find({}), {.head = true});
  CHECK(has(head, "\r\nContent-Length: 15\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("the page over a socket, between answers of the interface", "[page]") {
  if (page_files().empty())
    return; // built without it
  live l;
  client c{l.port};
  c.send(get("/api/jobs") + get("/", "Accept-Encoding: gzip\r\n") + get("/api"));
  CHECK(c.receive().status == 200);
  const auto page = c.receive();
  CHECK(page.status == 200);
  CHECK(page.has("Content-Encoding: gzip"));
  CHECK(page.body.starts_with("\x1f\x8b"));
  CHECK(nlohmann::json::parse(c.receive().body)["endpoints"].size() == all_routes().size());
  const auto plain = c.ask(get("/"));
  CHECK(plain.body.starts_with("<!doctype html>"));
  CHECK(c.ask(get("/nothing")).status == 404);
}

TEST_CASE("job types are told with their schemas, a page at a time", "[page]") {
  direct d;
  const three_schemas schemas;
  auto a = make_api(d.back);
  a.schemas = &schemas;
  const router routes{a, all_routes()};
  const auto ask = [&](const std::string& target) {
    auto m = routes.find(http_method::get, target);
    http_request r;
    return *routes.run(m, r, responder{[](auto) {}});
  };
  const auto all = nlohmann::json::parse(ask("/api/schemas").body);
  CHECK(all["count"] == 3);
  CHECK(all["next"].is_null());
  CHECK(all["schemas"][0] ==
        nlohmann::json::parse(R"({"type":"a","version":"1.0","summary":"what it does","schema":{"type":"object"}})"));
  CHECK(all["schemas"][1]["schema"].is_null());
  const auto first = nlohmann::json::parse(ask("/api/schemas?limit=2").body);
  CHECK(first["count"] == 2);
  CHECK(first["next"] == "b");
  CHECK(nlohmann::json::parse(ask("/api/schemas?limit=2&cursor=b").body)["schemas"][0]["type"] == "c");
  CHECK(ask("/api/schemas?limit=0").failure->field == "limit");
  CHECK(ask("/api/schemas?cursor=a%20b").failure->field == "cursor");
  CHECK(ask("/api/schemas?type=a").failure->code == ec::unknown_field);
  // The fake tells none.
  CHECK(d.call(http_method::get, "/api/schemas").status == 404);
}
