#include "cli/member_lines.hpp"

#include "cli/format.hpp"
#include "cli/job_print.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t label_columns = 14;

} // namespace

void member_lines::line(const std::string& label, const std::string& text) {
  if (!text.empty())
    out_ << label << std::string(label.size() < label_columns ? label_columns - label.size() : 1, ' ') << text << '\n';
}

std::string time_text(const json& object, const char* name, time_point now) {
  const auto text = member_text(object, name);
  return text.empty() ? text : printable(text) + "  (" + relative_time(text, now) + ")";
}

std::string items_text(const json& object, const char* name) {
  std::string text;
  if (const auto list = object.find(name); list != object.end() && list->is_array())
    for (const auto& i : *list)
      text += (text.empty() ? "" : " ") + (i.is_string() ? i.get<std::string>() : i.dump());
  return printable(text);
}

std::string value_lines(const json& object, const char* name) {
  const auto v = object.find(name);
  if (v == object.end())
    return {};
  // Replaces what is no UTF-8 and escapes control characters, except DEL, which `printable` takes.
  const auto text = v->dump(2, ' ', false, json::error_handler_t::replace);
  std::string out;
  for (size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out += (begin == 0 ? "" : "\n" + std::string(label_columns, ' ')) + printable(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

} // namespace callboard
