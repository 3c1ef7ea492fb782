#include "actors/runtime/log.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/formatter.h>

#include <string>
#include <string_view>

using namespace callboard;

namespace {

/// What the message of such a line is after it was read as JSON, which nlohmann does for UTF-8 only.
std::string message_of_line(std::string_view message) {
  spdlog::memory_buf_t out;
  json_log_form()->format({"callboard", spdlog::level::info, {message.data(), message.size()}}, out);
  return nlohmann::json::parse(out.data(), out.data() + out.size()).at("message").get<std::string>();
}

} // namespace

TEST_CASE("a line of the JSON log is JSON whatever bytes the message holds") {
  CHECK(message_of_line("quoted \"x\" \\ \n \x01") == "quoted \"x\" \\ \n \x01");
  CHECK(message_of_line("\xC3\x9C") == "\xC3\x9C");
  CHECK(message_of_line("name \xFF\xFE end") == "name \xEF\xBF\xBD\xEF\xBF\xBD end");
  CHECK(message_of_line("cut \xC3") == "cut \xEF\xBF\xBD");
}
