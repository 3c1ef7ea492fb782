#include "cli/worker_command.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace callboard;
namespace fs = std::filesystem;

namespace {

/// A directory with the program `tool` and the file `text`.
struct programs {
  programs() {
    auto pattern = (fs::temp_directory_path() / "callboard-cli-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    place = pattern;
    std::ofstream{place / "tool"} << "#!/bin/sh\n";
    std::ofstream{place / "text"} << "words\n";
    REQUIRE(::chmod((place / "tool").c_str(), 0700) == 0);
  }
  ~programs() {
    std::error_code ignored;
    fs::remove_all(place, ignored);
  }
  programs(const programs&) = delete;
  programs& operator=(const programs&) = delete;
  fs::path place;
};

std::string why(const result<std::vector<std::string>>& r) {
  REQUIRE_FALSE(r);
  CHECK(r.err().field == "workers.command");
  return r.err().message;
}

} // namespace

TEST_CASE("the command of local workers is split at its blanks, and its program made absolute") {
  const programs p;
  const auto tool = (p.place / "tool").string();
  using words = std::vector<std::string>;
  CHECK(*worker_command("", "") == words{});
  CHECK(*worker_command("  ", "") == words{});
  CHECK(*worker_command("  " + tool + "  --a  b ", "") == words{tool, "--a", "b"});
  CHECK(*worker_command("tool x", "/no/such::" + p.place.string()) == words{tool, "x"});
  const auto relative = fs::relative(tool).string();
  const auto found = worker_command(relative.find('/') == std::string::npos ? "./" + relative : relative, "");
  REQUIRE(found);
  CHECK(fs::path{found->front()}.is_absolute());
  CHECK(fs::equivalent(found->front(), tool));
}

TEST_CASE("a program that cannot be run is refused with the reason") {
  const programs p;
  CHECK_THAT(why(worker_command("/no/such/tool", "")), Catch::Contains("no program /no/such/tool"));
  CHECK_THAT(why(worker_command((p.place / "text").string(), "")), Catch::Contains("not a program"));
  CHECK_THAT(why(worker_command(p.place.string() + "/", "")), Catch::Contains("not a program"));
  CHECK_THAT(why(worker_command("text", p.place.string())), Catch::Contains("no program text in " + p.place.string()));
  CHECK_THAT(why(worker_command("tool", "")), Catch::Contains("empty PATH"));
}
