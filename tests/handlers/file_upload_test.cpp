#include "handlers/digest.hpp"
#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/server_process.hpp"
#include "tests/support/skips.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "job_types/text_codec.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

/// A directory to read from, one to write to, and one that is out of bounds.
struct places {
  temporary_directory in, out, elsewhere;

  std::shared_ptr<handler> uploader(http_client_settings http = {}) const {
    return make_file_upload({{in.path()}, {out.path()}}, http, {}, {});
  }
  finished upload(const std::string& source, const std::string& destination) const {
    return run(*uploader(), {{"source", source}, {"destination", destination}});
  }
};

std::string large_text() {
  std::string s;
  for (int i = 0; s.size() < 3'000'000; ++i)
    s += std::to_string(i) + ",";
  return s;
}

} // namespace

TEST_CASE("file_upload copies to a directory, whole and with its hash") {
  const places p;
  const auto text = GENERATE(as<std::string>{}, "", "hello", large_text());
  const auto source = p.in.write("a.txt", text);
  p.out.write("b.txt", "what was there before");
  recording_context ctx;
  const auto f = run(*p.uploader(), {{"source", source}, {"destination", "file://" + p.out.path("b.txt")}}, ctx);
  require_kind(f, kind::succeeded);
  CHECK(p.out.read("b.txt") == text);
  CHECK(f.result["bytes"] == text.size());
  CHECK(f.result["sha256"] == to_hex(sha256_of(text)));
  CHECK(f.result["destination"] == "file://" + p.out.path("b.txt"));
  CHECK(p.out.names() == std::vector<std::string>{"b.txt"});
  if (!text.empty()) {
    REQUIRE_FALSE(ctx.percents.empty());
    CHECK(ctx.percents.back() == 100);
  }
}

TEST_CASE("file_upload reads below its directories only") {
  const places p;
  const auto secret = p.elsewhere.write("secret", "x");
  p.in.write("ok", "x");
  ::mkdir(p.in.path("sub").c_str(), 0755);
  const auto to = "file://" + p.out.path("b");
  REQUIRE(::symlink(secret.c_str(), p.in.path("link").c_str()) == 0);
  REQUIRE(::symlink(p.elsewhere.path().c_str(), p.in.path("way").c_str()) == 0);
  REQUIRE(::symlink(p.in.path("ok").c_str(), p.in.path("inner").c_str()) == 0);
  REQUIRE(::mkfifo(p.in.path("pipe").c_str(), 0600) == 0);
  for (const auto& refused :
       {p.elsewhere.path("secret"), p.in.path("link"), p.in.path("way/secret"), p.in.path("sub/../ok"),
        std::string{"ok"}, p.elsewhere.path("missing"), p.in.path() + "x/ok", p.in.path()}) {
    CAPTURE(refused);
    require_kind(p.upload(refused, to), kind::failed_final, "FILE_NOT_ALLOWED");
  }
  require_kind(p.upload(p.in.path("missing"), to), kind::failed_final, "FILE_NOT_FOUND");
  require_kind(p.upload(p.in.path("sub"), to), kind::failed_final, "FILE_INVALID");
  require_kind(p.upload(p.in.path("pipe"), to), kind::failed_final, "FILE_INVALID");
  CHECK(p.out.names().empty());
  require_kind(p.upload(p.in.path("inner"), to), kind::succeeded);
  const auto none = make_file_upload({{}, {p.out.path()}}, {}, {}, {});
  require_kind(run(*none, {{"source", p.in.path("ok")}, {"destination", to}}), kind::failed_final, "FILE_NOT_ALLOWED");
}

TEST_CASE("file_upload writes below its directories only") {
  const places p;
  const auto source = p.in.write("a", "x");
  ::mkdir(p.out.path("sub").c_str(), 0755);
  REQUIRE(::symlink(p.elsewhere.path().c_str(), p.out.path("way").c_str()) == 0);
  const auto to = [&](const std::string& path) { return p.upload(source, "file://" + path); };
  require_kind(to(p.elsewhere.path("b")), kind::failed_final, "FILE_NOT_ALLOWED");
  require_kind(to(p.out.path("way/b")), kind::failed_final, "FILE_NOT_ALLOWED");
  require_kind(to(p.out.path("sub/../b")), kind::failed_final, "FILE_NOT_ALLOWED");
  require_kind(to("relative"), kind::failed_final, "FILE_NOT_ALLOWED");
  require_kind(to(p.out.path("missing/b")), kind::failed_final, "FILE_NOT_FOUND");
  require_kind(to(p.out.path("sub")), kind::failed_final, "FILE_INVALID");
  CHECK(p.elsewhere.names().empty());
  require_kind(to(p.out.path("sub/b")), kind::succeeded);
  // A link at the name itself is replaced, not followed.
  const auto victim = p.elsewhere.write("victim", "untouched");
  REQUIRE(::symlink(victim.c_str(), p.out.path("c").c_str()) == 0);
  require_kind(to(p.out.path("c")), kind::succeeded);
  CHECK(p.elsewhere.read("victim") == "untouched");
  CHECK(p.out.read("c") == "x");
}

TEST_CASE("file_upload that is cancelled leaves nothing behind") {
  const places p;
  const auto source = p.in.write("a", large_text());
  recording_context ctx;
  ctx.on_progress = [&] { ctx.token().cancel(cancel_token::reason::cancelled); };
  const auto f = run(*p.uploader(), {{"source", source}, {"destination", "file://" + p.out.path("b")}}, ctx);
  require_kind(f, kind::cancelled, "CANCELLED");
  CHECK(p.out.names().empty());
}

TEST_CASE("file_upload puts over HTTP") {
  const places p;
  server_process server{"http_server.py"};
  const auto text = large_text();
  const auto source = p.in.write("a", text);
  recording_context ctx;
  const auto f = run(*p.uploader(),
                     {{"source", source}, {"destination", server.url("/x/y")}, {"headers", {{"X-Mine", "yes"}}}}, ctx);
  require_kind(f, kind::succeeded);
  const auto seen = server.next_event();
  CHECK(seen["method"] == "PUT");
  CHECK(seen["path"] == "/x/y");
  CHECK(seen["sha256"] == to_hex(sha256_of(text)));
  CHECK(seen["headers"]["x-mine"] == "yes");
  CHECK(seen["headers"]["content-length"] == std::to_string(text.size()));
  CHECK(seen["headers"]["idempotency-key"] == to_string(test_job));
  CHECK(f.result["sha256"] == seen["sha256"]);
  CHECK(f.result["etag"] == "tag-1");
  REQUIRE_FALSE(ctx.percents.empty());
  CHECK(ctx.percents.back() == 100);
  // The bytes are sent a second time after a redirect.
  require_kind(p.upload(source, server.url("/redirect/1")), kind::succeeded);
  server.next_event();
  CHECK(server.next_event()["sha256"] == to_hex(sha256_of(text)));

  const auto small = p.in.write("small", "x");
  require_kind(p.upload(small, server.url("/status/500")), kind::failed_retryable, "HTTP_STATUS");
  for (const auto* busy : {"/busy/503/3", "/busy/429/date/3"}) {
    const auto later = p.upload(small, server.url(busy));
    require_kind(later, kind::failed_retryable, "HTTP_STATUS");
    CHECK(later.outcome.retry_after == std::chrono::seconds{3});
    CHECK_THAT(later.outcome.message, Catch::Contains("Retry-After"));
  }
  require_kind(p.upload(small, server.url("/status/403")), kind::failed_final, "HTTP_STATUS");
  require_kind(p.upload(small, "http://127.0.0.1:1/"), kind::failed_retryable, "HTTP_CONNECTION");
  http_client_settings s;
  s.allow_private = false;
  require_kind(run(*p.uploader(s), {{"source", small}, {"destination", server.url("/x")}}), kind::failed_final,
               "ADDRESS_REFUSED");
}

TEST_CASE("file_upload over HTTP stops when cancelled while the server does not read") {
  const places p;
  server_process server{"http_server.py"};
  const auto source = p.in.write("a", std::string(20'000'000, 'x'));
  recording_context ctx;
  std::jthread canceller{[&] {
    server.next_event();
    ctx.token().cancel(cancel_token::reason::lost);
  }};
  require_kind(run(*p.uploader(), {{"source", source}, {"destination", server.url("/hold")}}, ctx), kind::returned);
  canceller.join();
}

TEST_CASE("file_upload over SFTP needs its settings and a server that answers") {
  const places p;
  const auto source = p.in.write("a", "x");
  require_kind(p.upload(source, "sftp://127.0.0.1:1/x"), kind::failed_final, "SFTP_NOT_CONFIGURED");
  sftp_settings s;
  s.username = "somebody";
  s.password = "secret";
  s.known_hosts_file = p.in.write("known_hosts", "");
  const auto h = make_file_upload({{p.in.path()}, {}}, {}, {}, s);
  require_kind(run(*h, {{"source", source}, {"destination", "sftp://127.0.0.1:1/x"}}), kind::failed_retryable,
               "SFTP_CONNECTION");
}

TEST_CASE("file_upload over SFTP to OpenSSH") {
  if (::access("/usr/sbin/sshd", X_OK) != 0)
    return skip_without("sshd", "openssh-server");
  const places p;
  const temporary_directory keys;
  server_process server{"sftp_server.py", {keys.path()}};
  const auto known = server.next_event();
  sftp_settings s;
  s.username = known["user"];
  s.private_key_file = known["key"];
  s.known_hosts_file = known["knownHosts"];
  const auto text = large_text();
  const auto source = p.in.write("a", text);
  const auto url = [&](const std::string& path) { return "sftp://127.0.0.1:" + std::to_string(server.port()) + path; };
  const auto upload = [&](const sftp_settings& with, const std::string& path) {
    return run(*make_file_upload({{p.in.path()}, {}}, {}, {}, with), {{"source", source}, {"destination", url(path)}});
  };
  const auto f = upload(s, p.out.path("b"));
  INFO(keys.read("log"));
  require_kind(f, kind::succeeded);
  CHECK(p.out.read("b") == text);
  CHECK(f.result["bytes"] == text.size());
  CHECK(f.result["sha256"] == to_hex(sha256_of(text)));

  require_kind(upload(s, "/no/such/directory/b"), kind::failed_final, "SFTP_FAILED");
  auto stranger = s;
  stranger.private_key_file = known["stranger"];
  require_kind(upload(stranger, p.out.path("c")), kind::failed_final, "SFTP_LOGIN");
  auto elsewhere = s;
  elsewhere.known_hosts_file = p.in.write("known_hosts", "");
  require_kind(upload(elsewhere, p.out.path("c")), kind::failed_final, "SFTP_HOST_UNKNOWN");
  CHECK(p.out.names() == std::vector<std::string>{"b"});
}
