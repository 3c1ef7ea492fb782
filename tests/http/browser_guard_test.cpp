#include "http/api/browser_guard.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

http_settings with(std::vector<std::string> hosts = {}, std::vector<std::string> origins = {}) {
  http_settings s;
  s.listen = "jobs.internal:8080";
  s.hosts = std::move(hosts);
  s.allowed_origins = std::move(origins);
  return s;
}

request_source get(std::string_view host) {
  return {http_method::get, "/api/jobs", host, "", "", ""};
}

std::optional<ec> code(const std::optional<error>& e) {
  return e ? std::optional{e->code} : std::nullopt;
}

} // namespace

TEST_CASE("a host is ours when it is an address, a loopback name, listened on or listed", "[browser]") {
  const auto s = with({"callboard.example"});
  for (auto host :
       {"127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "[fe80::1]", "localhost", "LOCALHOST:80", "a.localhost",
        "localhost.:8080", "jobs.internal", "jobs.internal:9", "callboard.example:8080", "Callboard.Example"})
    CHECK_FALSE(refuse_stranger(get(host), s));
  for (auto host :
       {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "1.2.3", "1.2.3.256",
        "1.2.3.4.5", "notlocalhost", "xcallboard.example", "[evil]", "evil.example#localhost", ""}) {
    auto r = get(host);
    r.origin = "http://evil.example"; // so that the empty one is a browser's
    const auto e = refuse_stranger(r, s);
    REQUIRE(e);
    CHECK(e->code == ec::misdirected_request);
    CHECK(e->field == "Host");
    CHECK(e->message.find("http.hosts") != std::string::npos);
  }
  CHECK_FALSE(refuse_stranger(get(""), s)); // HTTP/1.0, not from a browser
}

TEST_CASE("the authority in the request line counts, not Host", "[browser]") {
  auto r = get("localhost");
  r.target = "http://evil.example/api/jobs";
  CHECK(code(refuse_stranger(r, with())) == ec::misdirected_request);
  r.target = "HTTP://localhost:8080/api/jobs";
  r.host = "evil.example";
  CHECK_FALSE(refuse_stranger(r, with()));
}

TEST_CASE("a page of another origin is refused unless it is listed", "[browser]") {
  auto r = get("localhost:8080");
  const auto judge = [&](std::string_view origin) {
    r.origin = origin;
    return code(refuse_stranger(r, with({}, {"https://ops.example"})));
  };
  CHECK_FALSE(judge("http://localhost:8080"));
  CHECK_FALSE(judge("https://ops.example"));
  for (auto origin : {"http://evil.example", "null", "http://localhost:3000", "https://ops.example.evil.example",
                      "http://ops.example", "localhost:8080"})
    CHECK(judge(origin) == ec::foreign_origin);
}

TEST_CASE("a cross-site request without an origin is refused", "[browser]") {
  auto r = get("localhost");
  r.fetch_site = "cross-site";
  CHECK(code(refuse_stranger(r, with())) == ec::foreign_origin);
  for (auto site : {"same-origin", "none"}) {
    r.fetch_site = site;
    CHECK_FALSE(refuse_stranger(r, with()));
  }
}

TEST_CASE("what changes something and comes from a browser has a JSON content type", "[browser]") {
  for (auto method : {http_method::post, http_method::put, http_method::patch, http_method::delete_}) {
    request_source r{method, "/api/jobs", "localhost:8080", "http://localhost:8080", "same-origin", ""};
    for (auto type :
         {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"}) {
      r.content_type = type;
      CHECK(code(refuse_stranger(r, with())) == ec::foreign_origin);
    }
    for (auto type : {"application/json", "application/JSON; charset=utf-8", "application/x-ndjson"}) {
      r.content_type = type;
      CHECK_FALSE(refuse_stranger(r, with()));
    }
    r = {method, "/api/jobs", "localhost:8080", "", "", ""}; // curl
    CHECK_FALSE(refuse_stranger(r, with()));
  }
}
