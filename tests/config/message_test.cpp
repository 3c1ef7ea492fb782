#include "config/toml_file.hpp"
#include "tests/config/samples.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("a wrong key names file, line and the nearest key") {
  CHECK(problems_of_file("[http]\n\nthread = 2\n") ==
        "FILE:3: http.thread is not a setting; did you mean http.threads?");
  CHECK(problems_of_file("[htpp]\nthreads = 2\n") ==
        "FILE:2: htpp.threads is not a setting; did you mean http.threads?");
  CHECK(problems_of_file("[http]\nxyzzy_plugh = 2\n") ==
        "FILE:2: http.xyzzy_plugh is not a setting; `callboard config` lists them all");
  CHECK(problems_of_file("http = 3\n") ==
        "FILE:1: http is not a setting but a section: write [http] and the settings below it");
  CHECK(problems_of_file("[nonsense]\n") == "FILE:1: nonsense is not a setting; `callboard config` lists them all");
  CHECK(problems_of_file("[http.listen]\nport = 1\n") ==
        "FILE:2: http.listen.port is not a setting; did you mean http.listen?");
}

TEST_CASE("a wrong value names file, line, key, what is allowed and what was given") {
  CHECK(problems_of_file("# first\n[http]\nthreads = \"many\"\n") ==
        "FILE:3: http.threads must be a whole number from 1 to 64 (threads), not \"many\"");
  CHECK(problems_of_file("[http]\nthreads = 65\n") ==
        "FILE:2: http.threads must be a whole number from 1 to 64 (threads), not 65");
  CHECK(problems_of_file("[http]\nthreads = 1.5\n") ==
        "FILE:2: http.threads must be a whole number from 1 to 64 (threads), not 1.5");
  CHECK(problems_of_file("[log]\nlevel = \"loud\"\n") ==
        "FILE:2: log.level must be one of trace, debug, info, warn, error, off, not \"loud\"");
  CHECK(problems_of_file("[log]\njson = 1\n") == "FILE:2: log.json must be true or false, not 1");
  CHECK(problems_of_file("[http]\nlisten = \"8080\"\n") ==
        "FILE:2: http.listen must be an address as HOST:PORT, not \"8080\"");
  CHECK(problems_of_file("[cluster]\nlease = \"soon\"\n") ==
        "FILE:2: cluster.lease must be a time from 30ms to 1d (such as \"15s\", or a number of seconds), not \"soon\"");
  CHECK(problems_of_file("[cluster]\nlease = 2026-01-01\n") ==
        "FILE:2: cluster.lease must be a time from 30ms to 1d (such as \"15s\", or a number of seconds), "
        "not a date or time");
  CHECK(problems_of_file("[store]\nblock_cache_bytes = \"64 parsec\"\n")
          .starts_with("FILE:2: store.block_cache_bytes must be a size from 1MiB to 64TiB"));
  CHECK(problems_of_file("[handlers.exec]\nallowed_programs = \"/bin/true\"\n") ==
        "FILE:2: handlers.exec.allowed_programs must be a list of texts that are not empty and have no comma, "
        "not \"/bin/true\"");
}

TEST_CASE("times and sizes are numbers as well") {
  const scratch_file file{"[cluster]\nlease = 12\nheartbeat = 0.5\n[http]\nbody_bytes_max = 9000000\n"};
  const auto s = load_settings({.file = file.path()});
  REQUIRE(s);
  CHECK(s->cluster.lease == std::chrono::seconds{12});
  CHECK(s->cluster.heartbeat == std::chrono::milliseconds{500});
  CHECK(s->http.body_bytes_max == 9'000'000);
}

TEST_CASE("dotted keys are the same as sections") {
  const scratch_file file{"log.level = \"warn\"\nhandlers.smtp.port = 2525\n"};
  const auto s = load_settings({.file = file.path()});
  REQUIRE(s);
  CHECK(s->log.level == "warn");
  CHECK(s->handlers.smtp.port == 2525);
}

TEST_CASE("a file that says nothing is fine") {
  CHECK(problems_of_file("").empty());
  CHECK(problems_of_file("# only a remark\n").empty());
  CHECK(problems_of_file("[http]\n[handlers]\n").empty());
}

TEST_CASE("all problems are told, from all sources") {
  const auto message = [] {
    const scratch_file file{"[http]\nthreads = 0\nlisten = 5\n[jobs]\ntags = 3\n"};
    return problems({.file = file.path(),
                     .environment = {{"CALLBOARD_LOG_LEVEL", "x"}, {"CALLBOARD_LOG_LEVLE", "info"}},
                     .overrides = {{"workers.slots", "0"}, {"nothing", "1"}, {"http.listen", "x", "--http"}}});
  }();
  CHECK(std::count(message.begin(), message.end(), '\n') == 7);
  for (const auto* part :
       {":2: http.threads must be", ":3: http.listen must be",
        ":5: jobs.tags is not a setting; did you mean jobs.tags_max?", "CALLBOARD_LOG_LEVEL: log.level must be",
        "CALLBOARD_LOG_LEVLE is not a setting; did you mean CALLBOARD_LOG_LEVEL?", "--set: workers.slots must be",
        "--set: nothing is not a setting", "--http: http.listen must be an address as HOST:PORT, not \"x\""}) {
    INFO(part);
    CHECK(message.find(part) != std::string::npos);
  }
}

TEST_CASE("the error is of the first key") {
  const auto s = load_settings({.overrides = {{"workers.slots", "0"}, {"http.threads", "0"}}});
  REQUIRE_FALSE(s);
  CHECK(s.err().code == ec::invalid_value);
  CHECK(s.err().field == "workers.slots");
}

TEST_CASE("variables that are not settings of ours are left alone") {
  CHECK(problems({.environment = {{"PATH", "/bin"},
                                  {"CALLBOARD_SERVER", "http://x"},
                                  {"CALLBOARD_TEST_SOMETHING", "1"},
                                  {"CALLBOARD_HTTP_SERVICE_HOST", "10.0.0.1"},
                                  {"CALLBOARD_HTTP_PORT_8080_TCP", "tcp://10.0.0.1:8080"}}})
          .empty());
  CHECK(problems({.environment = {{"CALLBOARD_STORE_FOLDER", "x"}}}) ==
        "CALLBOARD_STORE_FOLDER is not a setting; `callboard config` lists them all");
}

TEST_CASE("a file that is no TOML names the line and no content") {
  const auto says = [](const std::string& file) {
    const auto message = problems_of_file(file);
    INFO(message);
    REQUIRE(message.find(": not TOML: column ") != std::string::npos);
    return message.substr(0, message.find(": not")) + message.substr(message.rfind(": "));
  };
  CHECK(problems_of_file("[http]\nlisten = \n") ==
        "FILE:2: not TOML: column 10: Error while parsing key-value pair: expected value, saw '\\n'");
  CHECK(says("[http]\nthreads = 1\nthreads = 2\n") == "FILE:3: cannot redefine existing integer 'threads'");
  CHECK(says("[http]\n[log]\n[http]\n") == "FILE:3: cannot redefine existing table 'http'");
  CHECK(says("[log]\n[http\n").starts_with("FILE:2: "));
  CHECK(says("[log]\nlevel = \"a\xff\"\n").starts_with("FILE:2: "));
  CHECK(says("a = " + std::string(1000, '[') + "\n").starts_with("FILE:1: exceeded maximum nested value depth"));
  // Whatever is wrong with the value of a secret, it is not shown.
  for (const std::string value :
       {"\"hunter2\" oops", "\"hunter2", "hunter2", "'hunter2", "\"\"\"hunter2", "\"hunter2\\q\"", "[\"hunter2\"",
        "{a = \"hunter2\"", "truehunter2", "infhunter2", "nanhunter2", "99hunter2", "0xhunter2", "2026-01-01hunter2"}) {
    INFO(value);
    CHECK(says("[handlers.smtp]\npassword = " + value + "\nport = 3\n").find("hunter2") == std::string::npos);
  }
  CHECK(says("[handlers.smtp]\npassword = 98765432109876543210\n") == "FILE:2: '…' is not representable in 64 bits");
}

TEST_CASE("a secret is not repeated") {
  const auto message = problems_of_file("[handlers.smtp]\npassword = 1234567\n");
  CHECK(message == "FILE:2: handlers.smtp.password must be a text, which the given value is not");
}

TEST_CASE("a file that cannot be read") {
  CHECK(problems({.file = "no/such/file.toml"}) == "no/such/file.toml cannot be read: No such file or directory");
  CHECK(problems({.file = "/"}).starts_with("/ cannot be read: Is a directory"));
  CHECK(problems_of_file(std::string(settings_file_bytes_max + 1, '#')) ==
        "FILE cannot be read: it is larger than 1048576 bytes");
  CHECK(problems_of_file("#" + std::string(settings_file_bytes_max - 2, 'x') + "\n").empty());
}

TEST_CASE("overrides are key=value") {
  const auto o = parse_override("log.level=a=b");
  REQUIRE(o);
  CHECK(o->key == "log.level");
  CHECK(o->value == "a=b");
  CHECK(parse_override("store.directory=")->value.empty());
  REQUIRE_FALSE(parse_override("hunter2"));
  CHECK(parse_override("hunter2").err().message.find("hunter2") == std::string::npos);
  CHECK_FALSE(parse_override("=x"));
}

TEST_CASE("typos and their distance") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(edit_distance("http.listen", "http.lisetn") == 1);
}

TEST_CASE("values print as TOML that reads back") {
  const auto& row = *find_setting("handlers.smtp.from");
  for (const std::string text : {"a\"b\\c", "line\nbreak\ttab", "bell\x07", "\x7f", "grüße"}) {
    settings s;
    REQUIRE_FALSE(assign(row, s, plain_text{text}));
    const scratch_file file{file_text(row, value_toml(row, s))};
    const auto loaded = load_settings({.file = file.path()});
    REQUIRE(loaded);
    CHECK(loaded->handlers.smtp.from == text);
  }
}
