#include "handlers/digest.hpp"
#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/server_process.hpp"

#include "job_types/text_codec.hpp"

using namespace callboard;
using namespace callboard::test;
using kind = outcome_kind;

namespace {

/// The server checks the whole signature with these.
s3_settings settings_for(const server_process& server) {
  return {server.url(""), "eu-test-1", "TESTKEY", "test-secret"};
}

} // namespace

TEST_CASE("file_upload signs what it sends to S3") {
  const temporary_directory in;
  server_process server{"http_server.py"};
  const auto source = in.write("a", "the bytes");
  const auto h = make_file_upload({{in.path()}, {}}, {}, settings_for(server), {});
  const auto f = run(*h, {{"source", source},
                          {"destination", "s3://bucket/some dir/\u00E4+b$.txt"},
                          {"headers", {{"x-amz-meta-note", "two  words"}, {"Content-Type", "text/plain"}}}});
  require_kind(f, kind::succeeded);
  const auto seen = server.next_event();
  CHECK(seen["method"] == "PUT");
  CHECK(seen["path"] == "/bucket/some%20dir/%C3%A4%2Bb%24.txt");
  CHECK(seen["body"] == "the bytes");
  CHECK(seen["headers"]["content-type"] == "text/plain");
  CHECK(f.result["sha256"] == to_hex(sha256_of("the bytes")));
  CHECK(f.result["etag"].get<std::string>().size() == 32);
}

TEST_CASE("file_upload to S3 passes on how long the store asks to be left alone") {
  const temporary_directory in;
  server_process server{"http_server.py"};
  const auto h = make_file_upload({{in.path()}, {}}, {}, settings_for(server), {});
  // The test's server answers by the path, whatever the bucket's name.
  const auto f = run(*h, {{"source", in.write("a", "x")}, {"destination", "s3://busy/503/30"}});
  require_kind(f, kind::failed_retryable, "HTTP_STATUS");
  CHECK(f.outcome.retry_after == std::chrono::seconds{30});
}

TEST_CASE("file_upload to S3 with a wrong key or without settings fails for good") {
  const temporary_directory in;
  server_process server{"http_server.py"};
  const json payload{{"source", in.write("a", "x")}, {"destination", "s3://bucket/key"}};
  auto wrong = settings_for(server);
  wrong.secret_key = "another";
  const auto f = run(*make_file_upload({{in.path()}, {}}, {}, wrong, {}), payload);
  require_kind(f, kind::failed_final, "HTTP_STATUS");
  CHECK_THAT(f.outcome.message, Catch::Contains("403") && Catch::Contains("<Error>signature</Error>"));
  require_kind(run(*make_file_upload({{in.path()}, {}}, {}, {}, {}), payload), kind::failed_final, "S3_NOT_CONFIGURED");
  for (const auto* destination : {"s3://bucket", "s3://bucket/", "s3:///key"}) {
    auto p = payload;
    p["destination"] = destination;
    require_kind(run(*make_file_upload({{in.path()}, {}}, {}, settings_for(server), {}), p), kind::failed_final,
                 "URL_INVALID");
  }
}
