#include "job_types/result_references.hpp"

#include "core/base/json_string.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

/// Null when it has no such part.
const json* part_of(const json& whole, const std::string& name) {
  if (whole.is_object()) {
    const auto i = whole.find(name);
    return i == whole.end() ? nullptr : &*i;
  }
  size_t position = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), position);
  if (!whole.is_array() || bad != std::errc{} || end != name.data() + name.size() || position >= whole.size())
    return nullptr;
  return &whole[position];
}

error missing(const result_reference& r, const std::string& what) {
  std::string text = std::string{result_mark} + r.key + ".result";
  for (const auto& p : r.path)
    text += "." + p;
  return {ec::not_found, text + "} in the payload: " + what, "payload"};
}

/// The value of a reference as the inside of a JSON string.
result<std::string> text_of(const result_reference& r, const json& whole) {
  const json* at = &whole;
  for (const auto& name : r.path) {
    at = part_of(*at, name);
    if (at == nullptr)
      return missing(r, "the result has no '" + name + "' there");
  }
  std::string quoted;
  append_json_string(quoted, at->is_string() ? at->get_ref<const std::string&>()
                                             : at->dump(-1, ' ', false, json::error_handler_t::replace));
  return quoted.substr(1, quoted.size() - 2);
}

} // namespace

result<std::string> fill_in_results(std::string_view payload, const std::vector<job_record>& jobs) {
  const auto references = find_result_references(payload);
  if (!references)
    return references.err();
  std::map<std::string, json> parsed;
  std::string out;
  size_t done_to = 0;
  for (const auto& r : *references) {
    const auto found = std::find_if(jobs.begin(), jobs.end(), [&](const auto& j) {
      return j.spec.workflow && j.spec.workflow->key == r.key && !j.result.empty();
    });
    if (found == jobs.end())
      return missing(r, "that job has no result, is not stored any more, or is none that this one depends on");
    auto [value, fresh] = parsed.try_emplace(r.key);
    if (fresh)
      value->second = json::parse(found->result.view(), nullptr, false);
    auto text = text_of(r, value->second);
    if (!text)
      return std::move(text).err();
    out.append(payload.substr(done_to, r.begin - done_to)).append(*text);
    done_to = r.end;
    if (out.size() + (payload.size() - done_to) > filled_payload_bytes_max)
      return error{ec::out_of_range,
                   "with the results of other jobs the payload is longer than " +
                     std::to_string(filled_payload_bytes_max) + " bytes",
                   "payload"};
  }
  return out.append(payload.substr(done_to));
}

} // namespace callboard
