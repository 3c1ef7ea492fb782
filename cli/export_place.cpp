#include "cli/export_place.hpp"

#include "core/job/ended_page.hpp"

#include <nlohmann/json.hpp>

#include "files/read_file.hpp"
#include "files/write_file.hpp"

namespace callboard {

namespace {

/// A cursor file has some hundred bytes; anything larger is something else.
constexpr uint64_t cursor_file_bytes_max = 4096;
constexpr mode_t cursor_file_mode = 0644;

} // namespace

result<std::optional<export_place>> read_export_place(const std::filesystem::path& file) {
  const auto text = read_file(file, cursor_file_bytes_max);
  if (!text)
    return text.err().code == ec::not_found ? result<std::optional<export_place>>{std::nullopt} : text.err();
  const error other{ec::invalid_value, file.string() + " is no cursor file of callboard export"};
  const auto body = nlohmann::json::parse(*text, nullptr, false);
  if (!body.is_object() || !body.contains("cursor") || !body["cursor"].is_string())
    return other;
  export_place place{body["cursor"].get<std::string>(), {}};
  if (!place.cursor.empty() && !parse_ended_cursor(place.cursor))
    return other;
  if (const auto mark = body.find("file"); mark != body.end()) {
    const auto number = [&](const char* name) {
      return mark->is_object() && mark->contains(name) && (*mark)[name].is_number_unsigned();
    };
    if (!number("inode") || !number("bytes"))
      return other;
    place.file = {(*mark)["inode"].get<uint64_t>(), (*mark)["bytes"].get<uint64_t>()};
  }
  return std::optional{std::move(place)};
}

result<done> write_export_place(const std::filesystem::path& file, const export_place& place) {
  nlohmann::ordered_json body{{"cursor", place.cursor}};
  if (place.file)
    body["file"] = {{"inode", place.file->inode}, {"bytes", place.file->bytes}};
  return replace_file(file, body.dump() + "\n", cursor_file_mode);
}

} // namespace callboard
