#include "config/setting_docs.hpp"
#include "tests/config/samples.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string source = CALLBOARD_SOURCE_DIRECTORY;

std::string content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

} // namespace

TEST_CASE("the shipped file documents every setting with its default") {
  const auto text = content(source + "/config/callboard.toml");
  size_t at = 0;
  for (const auto& row : setting_table()) {
    INFO(row.key);
    const auto name = std::string{row.key.substr(row.key.rfind('.') + 1)};
    const auto line = "\n# " + std::string{row.sentence} + "\n";
    // In the order of the table, so that the setting is the one of this section.
    const auto sentence = text.find(line, at == 0 ? 0 : at - 1);
    REQUIRE(sentence != std::string::npos);
    const auto value = text.find("\n" + name + " = " + value_toml(row, settings{}) + "\n", sentence);
    REQUIRE(value != std::string::npos);
    CHECK(text.substr(sentence, value - sentence).find(allowed_text(row)) != std::string::npos);
    at = value + 1;
  }
}

TEST_CASE("the shipped file loads to the defaults, setting by setting") {
  const auto s = load_settings_with_origins({.file = source + "/config/callboard.toml"});
  if (!s)
    FAIL(s.err().message);
  for (const auto& row : setting_table()) {
    INFO(row.key);
    CHECK(value_text(row, s->values) == value_text(row, settings{}));
    CHECK(s->origins.count(row.key) == 1);
  }
}

TEST_CASE("the shipped file is up to date") {
  INFO("update it: callboard config --template > config/callboard.toml");
  CHECK(content(source + "/config/callboard.toml") == settings_toml());
}

TEST_CASE("the reference of settings is up to date") {
  INFO("update it: callboard config --markdown > docs/settings.md");
  CHECK(content(source + "/docs/settings.md") == settings_markdown());
}

TEST_CASE("settings in effect show origins and hide secrets") {
  const scratch_file file{"[log]\nlevel = \"warn\"\n"};
  const auto s = load_settings_with_origins(
    {.file = file.path(),
     .environment = {{"CALLBOARD_HANDLERS_SMTP_PASSWORD", "hunter2"}, {"CALLBOARD_HANDLERS_SMTP_USERNAME", "me"}},
     .overrides = {{"http.listen", "localhost:1", "--http"}}});
  REQUIRE(s);
  const auto text = effective_toml(*s);
  CHECK(text.find("hunter2") == std::string::npos);
  const auto has = [&](const std::string& begin, const std::string& origin) {
    const auto at = text.find("\n" + begin);
    REQUIRE(at != std::string::npos);
    const auto line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    CHECK(line.ends_with("  # " + origin));
  };
  has("level = \"warn\"", file.path() + ":2");
  has("listen = \"localhost:1\"", "--http");
  has("threads = 1", "default");
  has("password = \"********\"", "CALLBOARD_HANDLERS_SMTP_PASSWORD");
  // A secret that is not set hides nothing.
  has("secret_key = \"\"", "default");
}
