#include "cli/doctor/doctor.hpp"
#include "cli/version.hpp"
#include "config/host_port.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pki/cluster_authority.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

/// A directory of its own that is gone at the end.
struct scratch {
  scratch() {
    auto name = (fs::temp_directory_path() / "callboard-doctor-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~scratch() {
    fs::remove_all(path);
  }
  fs::path path;
};

time_point noon() {
  return time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h};
}

/// With settings whose ports are free, in a directory.
examined at(const fs::path& data) {
  examined x{.config = {}, .data = data, .tls = data / "tls", .now = noon(), .server = {}, .version = "1.2.3"};
  x.config.http.listen = "127.0.0.1:0";
  x.server.why_silent = "nobody is asked";
  return x;
}

fake_answer good_scheduler(const fake_request& r) {
  if (r.target == "/api/workers")
    return {200, R"({"workers":[{"id":"local-1","status":"idle","suspect":false}]})"};
  return {200,
          R"({"status":"ready","ready":true,"version":")" + std::string{version()} +
            R"(","components":[{"name":"store","ok":true,"detail":""}]})",
          false, false, "Thu, 15 Jan 2026 12:00:00 GMT"};
}

struct report {
  int code;
  json all;
  json of(const char* name) const {
    for (const auto& c : all["checks"])
      if (c["name"] == name)
        return c;
    return {};
  }
};

report doctor_of(const std::string& url, const fs::path& data, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"doctor", "--json", "--data", data.string(), "--set", "http.listen=127.0.0.1:0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto r = run_at(url, arguments);
  return {r.code, json::parse(r.out)};
}

size_t files_in(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{}));
}

} // namespace

TEST_CASE("a scheduler that is well is found so, and nothing is changed") {
  const scratch dir;
  fake_server server{good_scheduler};
  const auto r = doctor_of(server.url(), dir.path);
  CHECK(r.code == 0);
  for (const auto* name : {"data directory", "time zones", "ports", "server", "store", "workers"}) {
    INFO(r.all.dump(2));
    CHECK(r.of(name)["result"] == "ok");
    CHECK_FALSE(r.of(name).contains("advice"));
  }
  CHECK(r.of("clock")["text"].get<std::string>().starts_with("as the scheduler's"));
  CHECK(r.of("certificates")["result"] == "skipped");
  CHECK(r.all["checks"].size() == all_checks().size());
  CHECK(files_in(dir.path) == 0);
}

TEST_CASE("people are told of each check in a line, with what to do below it") {
  const scratch dir;
  const auto r =
    run_at(dead_url(), {"doctor", "--data", (dir.path / "new").string(), "--set", "http.listen=127.0.0.1:0"});
  CHECK(r.code == 4);
  CHECK(r.out.starts_with("warning  data directory  " + (dir.path / "new").string() + " does not exist"));
  CHECK(r.out.find("\nfailed   server          no answer from http://127.0.0.1:") != std::string::npos);
  CHECK(r.out.find("\n                         -> is it running") != std::string::npos);
  CHECK(r.out.find("\nskipped  store           no scheduler answers\n") != std::string::npos);
  CHECK(r.out.find(" ok, ") != std::string::npos);
  CHECK_FALSE(fs::exists(dir.path / "new"));
}

TEST_CASE("a data directory that is none, or that nobody may make, has failed") {
  const scratch dir;
  std::ofstream{dir.path / "file"} << "x";
  const auto file = check_data_directory(at(dir.path / "file"));
  CHECK(file.result == check_result::failed);
  CHECK(file.text.ends_with("is no directory"));
  CHECK(check_data_directory(at(dir.path / "file" / "data")).result == check_result::failed);
  CHECK(check_fsync(at(dir.path / "file")).result == check_result::skipped);
  CHECK(check_disk_space(at(dir.path / "new")).result == check_result::skipped);
  fs::permissions(dir.path, fs::perms::all);
  const auto open = check_data_directory(at(dir.path));
  CHECK(open.result == check_result::warning);
  CHECK(open.advice == "chmod o-w " + dir.path.string());
}

TEST_CASE("a directory that this user may only read has failed, and fsync with it") {
  const scratch dir;
  fs::permissions(dir.path,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  // Root may write everywhere, so another user looks.
  const auto child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
      ::_exit(2);
    const bool seen = check_data_directory(at(dir.path)).result == check_result::failed &&
                      check_fsync(at(dir.path)).result == check_result::failed;
    ::_exit(seen ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a directory of somebody else is told of") {
  if (::geteuid() != 0)
    return; // only root can make one
  const scratch dir;
  REQUIRE(::chown(dir.path.c_str(), 65534, 65534) == 0);
  const auto f = check_data_directory(at(dir.path));
  CHECK(f.result == check_result::warning);
  CHECK(f.text.find(" belongs to ") != std::string::npos);
}

TEST_CASE("a limit of open files that the settings exceed is told of") {
  auto x = at(".");
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  x.config.http.connections_max = 1;
  CHECK(check_open_files(x).result == check_result::ok);
  if (files.rlim_max < UINT32_MAX) {
    x.config.http.connections_max = static_cast<uint32_t>(files.rlim_max);
    CHECK(check_open_files(x).result == check_result::warning);
  }
  x.config.store.block_cache_bytes = uint64_t{1} << 60;
  CHECK(check_memory(x).result == check_result::warning);
  x.config.handlers.exec.cgroup = "/nowhere/at/all";
  CHECK(check_cgroups(x).result == check_result::warning);
  x.config.handlers.exec.cgroup = "off";
  CHECK(check_cgroups(x).result == check_result::skipped);
}

TEST_CASE("certificates that have run out, or will soon, are named") {
  const scratch dir;
  const auto x = at(dir.path);
  CHECK(check_certificates(x).result == check_result::skipped);
  REQUIRE(make_authority(x.tls, x.now - 24h * 100));
  CHECK(check_certificates(x).result == check_result::ok);
  REQUIRE(issue_bundle(x.tls, "blue-1", std::chrono::days{120}, dir.path / "blue-1.bundle", x.now - 24h * 100));
  const auto soon = check_certificates(x);
  CHECK(soon.result == check_result::warning);
  CHECK(soon.text.find("worker blue-1 runs out in 20d") != std::string::npos);
  CHECK(soon.text.find("blue-1.bundle runs out in 20d") != std::string::npos);
  // A newer one of the same worker takes its place.
  REQUIRE(issue_bundle(x.tls, "blue-1", std::chrono::days{300}, dir.path / "new", x.now));
  fs::remove(dir.path / "blue-1.bundle");
  CHECK(check_certificates(x).result == check_result::ok);
}

TEST_CASE("an authority that has run out has failed") {
  const scratch dir;
  const auto x = at(dir.path);
  REQUIRE(make_authority(x.tls, x.now - authority_valid - 24h));
  const auto f = check_certificates(x);
  CHECK(f.result == check_result::failed);
  CHECK(f.text.find("ca.pem ran out 1d ago") != std::string::npos);
  fs::remove(x.tls / authority_file::node);
  CHECK(check_certificates(x).text.find("node.pem cannot be read") != std::string::npos);
}

TEST_CASE("a port is free, held by a scheduler, or taken") {
  const auto with = [](const std::string& url) {
    auto x = at(".");
    x.config.http.listen = url.substr(std::string{"http://"}.size());
    return check_ports(x);
  };
  const auto free = with(dead_url());
  CHECK(free.result == check_result::ok);
  CHECK(free.text.find(" is free; cluster.listen ") != std::string::npos);
  fake_server scheduler{[](const fake_request&) { return fake_answer{200, R"({"name":"callboard","endpoints":[]})"}; }};
  const auto held = with(scheduler.url());
  CHECK(held.result == check_result::ok);
  CHECK(held.text.find("is held by a scheduler that runs") != std::string::npos);
  fake_server other{[](const fake_request&) { return fake_answer{200, R"({"name":7})"}; }};
  const auto taken = with(other.url());
  CHECK(taken.result == check_result::failed);
  CHECK(taken.text.find("is taken by another program") != std::string::npos);
  CHECK(with("http://203.0.113.7:8080").result == check_result::failed);
  CHECK(with("http://no.such.host.invalid:8080").result == check_result::failed);
}

TEST_CASE("a scheduler of another version, that is unwell, or without workers is told of") {
  const scratch dir;
  fake_server server{[](const fake_request& r) {
    if (r.target == "/api/workers")
      return fake_answer{200, R"({"workers":[{"id":"w-1","status":"idle","suspect":true}]})"};
    return fake_answer{
      503, R"({"ready":false,"version":"0.0.1","components":[{"name":"store","ok":false,"detail":"disk full"}]})",
      false, false, "Thu, 15 Jan 2026 11:58:00 GMT"};
  }};
  const auto r = doctor_of(server.url(), dir.path);
  CHECK(r.code == 4);
  CHECK(r.of("server")["result"] == "warning");
  CHECK(r.of("server")["text"].get<std::string>().find("version 0.0.1; this program is ") != std::string::npos);
  CHECK(r.of("store")["result"] == "failed");
  CHECK(r.of("store")["text"] == "store: disk full");
  CHECK(r.of("workers")["result"] == "failed");
  CHECK(r.of("workers")["text"] == "0 alive; w-1 is suspect");
  CHECK(r.of("clock")["result"] == "warning");
  CHECK(r.of("clock")["text"].get<std::string>().starts_with("1min 59s ahead of the scheduler's clock"));
}

TEST_CASE("what answers and is no scheduler is no scheduler") {
  const scratch dir;
  fake_server server{[](const fake_request&) { return fake_answer{200, "<html>"}; }};
  const auto r = doctor_of(server.url(), dir.path);
  CHECK(r.of("server")["result"] == "failed");
  CHECK(r.of("store")["result"] == "skipped");
}
