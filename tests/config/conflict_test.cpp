#include "config/validate.hpp"
#include "tests/config/samples.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE("the defaults are valid") {
  CHECK(find_conflicts(settings{}).empty());
}

TEST_CASE("values that do not go together are refused, each rule by name") {
  struct sample {
    void (*spoil)(settings&);
    const char* field;
    const char* message;
  };
  const sample samples[] = {
    {[](settings& s) { s.cluster.suspect_after = 1s; }, "cluster.suspect_after",
     "cluster.suspect_after (1s) must be more than cluster.heartbeat (1s)"},
    {[](settings& s) { s.cluster.lease = 3s; }, "cluster.lease",
     "cluster.lease (3s) must be more than cluster.suspect_after (3s)"},
    {[](settings& s) { s.scheduler.shutdown_grace = 30s; }, "scheduler.shutdown_limit",
     "scheduler.shutdown_limit (30s) must be more than scheduler.shutdown_grace (30s)"},
    {[](settings& s) { s.workers.count = 65; }, "workers.count",
     "workers.count (65) must be at most workers.count_max (64)"},
    {[](settings& s) { s.autoscale.workers_min = 9; }, "autoscale.workers_min",
     "autoscale.workers_min (9) must be at most autoscale.workers_max (8)"},
    {[](settings& s) { s.breaker.open_max = 1s; }, "breaker.open_for",
     "breaker.open_for (10s) must be at most breaker.open_max (1s)"},
    {[](settings& s) { s.workers.resources = "cpu=much"; }, "workers.resources",
     "workers.resources: \"cpu=much\": cpu is a number of cores with up to three decimals"},
    {[](settings& s) { s.workers.labels = "eu"; }, "workers.labels",
     "workers.labels: \"eu\": must be NAME=VALUE, as zone=eu,disk=ssd"},
    {[](settings& s) { s.jobs.timeout_max = 1min; }, "jobs.timeout_default",
     "jobs.timeout_default (5min) must be at most jobs.timeout_max (1min)"},
    {[](settings& s) { s.http.body_bytes_max = 64u << 10; }, "jobs.payload_bytes_max",
     "jobs.payload_bytes_max (1MiB) must be at most http.body_bytes_max (64KiB)"},
    {[](settings& s) { s.http.bodies_bytes_max = 16u << 20; }, "http.batch_bytes_max",
     "http.batch_bytes_max (64MiB) must be at most http.bodies_bytes_max (16MiB)"},
    {[](settings& s) { s.cluster.listen = s.http.listen; }, "cluster.listen",
     "cluster.listen and http.listen must differ; both are 127.0.0.1:8080"},
    {[](settings& s) { s.handlers.smtp.username = "me"; }, "handlers.smtp.password",
     "handlers.smtp.password is missing: handlers.smtp.username is set"},
    {[](settings& s) { s.handlers.smtp.password = "hunter2"; }, "handlers.smtp.username",
     "handlers.smtp.username is missing: handlers.smtp.password is set"},
    {[](settings& s) { s.handlers.s3.access_key = "id"; }, "handlers.s3.secret_key",
     "handlers.s3.secret_key is missing: handlers.s3.access_key is set"},
    {[](settings& s) { s.handlers.s3.secret_key = "hunter2"; }, "handlers.s3.access_key",
     "handlers.s3.access_key is missing: handlers.s3.secret_key is set"},
    {[](settings& s) { s.handlers.sftp.username = "me"; }, "handlers.sftp.known_hosts_file",
     "handlers.sftp.known_hosts_file is missing: handlers.sftp.username is set, and hosts that are not in it are "
     "refused"},
    {[](settings& s) {
       s.handlers.exec.allowed_programs = {"/bin/true", "ls"};
     },
     "handlers.exec.allowed_programs", "handlers.exec.allowed_programs must name absolute paths, not \"ls\""},
    {[](settings& s) { s.handlers.exec.cgroup = "none"; }, "handlers.exec.cgroup",
     "handlers.exec.cgroup must be \"auto\", \"off\" or an absolute path, not \"none\""},
  };
  for (const auto& x : samples) {
    INFO(x.message);
    settings s;
    x.spoil(s);
    const auto conflicts = find_conflicts(s);
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].keys.front() == x.field);
    CHECK(conflicts[0].message == x.message);
  }
}

TEST_CASE("two free ports do not collide") {
  settings s;
  s.http.listen = s.cluster.listen = "127.0.0.1:0";
  CHECK(find_conflicts(s).empty());
}

TEST_CASE("a conflict names who set the values") {
  const scratch_file file{"[cluster]\nlease = \"2s\"\n"};
  CHECK(problems({.file = file.path(), .environment = {{"CALLBOARD_CLUSTER_SUSPECT_AFTER", "2s"}}}) ==
        "cluster.lease (2s) must be more than cluster.suspect_after (2s); cluster.lease was set by " + file.path() +
          ":2; cluster.suspect_after was set by CALLBOARD_CLUSTER_SUSPECT_AFTER");
  CHECK(problems({.overrides = {{"cluster.lease", "2s"}}}) ==
        "cluster.lease (2s) must be more than cluster.suspect_after (3s); cluster.lease was set by --set");
}

TEST_CASE("handlers get the grace of the workers") {
  const auto s = load_settings({.overrides = {{"workers.kill_grace", "7s"}}});
  REQUIRE(s);
  CHECK(s->handlers.kill_grace == 7s);
}
