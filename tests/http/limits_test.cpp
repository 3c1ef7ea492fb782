#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr std::string_view json_type = "Content-Type: application/json\r\n";

std::string with_length(std::string_view target, uint64_t length) {
  return "POST " + std::string{target} + " HTTP/1.1\r\nHost: t\r\n" + std::string{json_type} +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

} // namespace

TEST_CASE("bad bytes on a socket get their status, the connection ends, and the server stays well", "[limits][bad]") {
  live l;
  struct row {
    std::string name, bytes;
    int status;
    std::string code;
  };
  const std::string post_head = "POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\n" + std::string{json_type};
  const row rows[] = {
    {"not HTTP", "hello\r\n\r\n", 400, "bad_request"},
    {"TLS", std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11} + "\r\n\r\n", 400, "bad_request"},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad_request"},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"},
    {"broken field", "GET / HTTP/1.1\r\nHost: t\r\nbad header\r\n\r\n", 400, "bad_request"},
    {"space before colon", "GET / HTTP/1.1\r\nHost : t\r\n\r\n", 400, "bad_request"},
    {"bad length", post_head + "Content-Length: -1\r\n\r\n", 400, "bad_request"},
    {"two lengths", post_head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "bad_request"},
    {"length and chunks", post_head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     "bad_request"},
    {"bad chunk", post_head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad_request"},
    {"odd expectation", post_head + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}", 400, "bad_request"},
    {"large header", get("/", "X-Large: " + std::string(20'000, 'x') + "\r\n"), 431, "header_too_large"},
    {"many headers",
     get("/",
         [] {
           std::string h;
           for (int i = 0; i < 2000; ++i)
             h += "X-" + std::to_string(i) + ": y\r\n";
           return h;
         }()),
     431, "header_too_large"},
    {"long target", get("/" + std::string(9'000, 'x')), 414, "uri_too_long"},
    {"endless target", "GET /" + std::string(30'000, 'x'), 414, "uri_too_long"},
    {"endless chunk extension", post_head + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(40'000, 'x'), 431,
     "header_too_large"},
    {"endless trailer",
     [&] {
       auto t = post_head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
       for (int i = 0; i < 5000; ++i)
         t += "X: y\r\n";
       return t;
     }(),
     431, "header_too_large"},
    {"100 MB announced", with_length("/api/jobs/submit", 100u << 20), 413, "body_too_large"},
    {"100 MB announced to a batch", with_length("/api/jobs/batch", 100u << 20), 413, "body_too_large"},
    {"more than any number", post_head + "Content-Length: 99999999999999999999999\r\n\r\n", 400, "bad_request"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    client c{l.port};
    const auto a = c.ask(r.bytes);
    CHECK(a.status == r.status);
    CHECK(a.code() == r.code);
    CHECK(a.has("Connection: close"));
    c.half_close();
    CHECK(c.closed_by_server());
    CHECK(l.healthy());
  }
}

TEST_CASE("a mistake inside good HTTP leaves the connection open", "[limits][bad]") {
  live l;
  client c{l.port};
  struct row {
    std::string bytes;
    int status;
    std::string code;
  };
  const row rows[] = {
    {post("/api/jobs/submit", ""), 400, "malformed_json"},
    {post("/api/jobs/submit", "{\"jobType\":\"\xFF\"}"), 400, "malformed_json"},
    {post("/api/jobs/submit",
          R"({"jobType":"noop","payload":)" + std::string(10'000, '[') + std::string(10'000, ']') + "}"),
     400, "malformed_json"},
    {post("/api/jobs/submit", R"({"jobType":"noop","priority":1e999})"), 400, "out_of_range"},
    {post("/api/jobs/submit", R"({"jobType":"noop","x":1})"), 400, "unknown_field"},
    {post("/nothing", std::string(1'000'000, 'x')), 404, "not_found"},
    {post("/api/jobs", "{}"), 405, "method_not_allowed"},
    {"POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>", 415,
     "unsupported_media_type"},
    {get("/api/jobs/job_0000000000000"), 404, "unknown_job"},
    {get("/api/jobs/status/asleep"), 400, "unknown_status"},
    {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", 405, "method_not_allowed"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.bytes.substr(0, 100));
    const auto a = c.ask(r.bytes);
    CHECK(a.status == r.status);
    CHECK(a.code() == r.code);
    CHECK_FALSE(a.has("Connection: close"));
  }
  CHECK(c.ask(post("/api/jobs/submit", R"({"jobType":"noop"})")).status == 201);
}

TEST_CASE("100 MB really sent are refused, and the client sees it", "[limits][bad]") {
  live l;
  client c{l.port};
  const std::string part(1u << 20, ' ');
  REQUIRE(c.send(with_length("/api/jobs/submit", 100u << 20)));
  for (int i = 0; i < 100; ++i)
    REQUIRE(c.send(part));
  const auto r = c.receive();
  CHECK(r.status == 413);
  CHECK(r.body.find("8388608") != std::string::npos);
  CHECK(l.healthy());
}

TEST_CASE("chunks are counted, whatever they announce", "[limits][bad]") {
  live l{{.body_bytes_max = 10'000, .batch_bytes_max = 50'000}};
  const auto chunks = [&](std::string_view target, int count) {
    client c{l.port};
    c.send("POST " + std::string{target} + " HTTP/1.1\r\nHost: t\r\n" + std::string{json_type} +
           "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < count; ++i)
      c.send("3e8\r\n" + std::string(1000, ' ') + "\r\n");
    c.send("0\r\n\r\n");
    return c.receive();
  };
  CHECK(chunks("/api/jobs/submit", 10).code() == "malformed_json"); // blank, but not too large
  CHECK(chunks("/api/jobs/submit", 11).status == 413);
  CHECK(chunks("/api/jobs/batch", 50).code() == "malformed_json");
  CHECK(chunks("/api/jobs/batch", 51).status == 413);
  CHECK(chunks("/api/workers/scale", 11).status == 413);
}

TEST_CASE("only a batch may be large", "[limits]") {
  live l{{.body_bytes_max = 1000, .batch_bytes_max = 100'000}};
  std::string jobs = "[";
  for (int i = 0; i < 100; ++i)
    jobs += R"({"jobType":"noop","tags":["a tag that takes some room"]},)";
  jobs.back() = ']';
  client c{l.port};
  CHECK(c.ask(post("/api/jobs/batch?atomic=true", jobs)).status == 200);
  CHECK(c.ask(post("/api/jobs/submit", jobs)).status == 413);
}

TEST_CASE("connections beyond the limit are told so", "[limits]") {
  live l{{.connections_max = 2}};
  auto first = std::make_unique<client>(l.port);
  client second{l.port};
  REQUIRE(first->ask(get("/")).status == 200);
  REQUIRE(second.ask(get("/")).status == 200);
  client third{l.port};
  const auto r = third.receive();
  CHECK(r.status == 503);
  CHECK(r.code() == "overloaded");
  CHECK(r.has("Retry-After: 1"));
  CHECK(r.has("Connection: close"));
  third.half_close();
  CHECK(third.closed_by_server());
  CHECK(second.ask(get("/")).status == 200);
  // One goes, one may come: the server's word that it closed the first is the signal.
  first->send(get("/", "Connection: close\r\n"));
  first->half_close();
  CHECK(first->closed_by_server());
  first.reset();
  received again;
  for (int attempt = 0; attempt < 1000 && again.status != 200; ++attempt) {
    client c{l.port};
    again = c.ask(get("/"));
  }
  CHECK(again.status == 200);
}
