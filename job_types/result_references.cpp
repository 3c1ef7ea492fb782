#include "job_types/result_references.hpp"

#include "core/base/json_part.hpp"
#include "core/base/json_string.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

std::string dotted(std::string text, const std::vector<std::string>& path) {
  for (const auto& p : path)
    text += "." + p;
  return text + "}";
}

std::string shown_reference(const std::string& key, const std::vector<std::string>& path) {
  return dotted(std::string{result_mark} + key + ".result", path);
}

error missing(const result_reference& r, const std::string& what) {
  return {ec::not_found, shown_reference(r.key, r.path) + " in the payload: " + what, "payload"};
}

/// Null when there is no such part; then `lacking` is the name of the first one that is not there.
const json* find_part(const json& whole, const std::vector<std::string>& path, std::string& lacking) {
  const json* at = &whole;
  for (const auto& name : path) {
    at = json_part(*at, name);
    if (at == nullptr) {
      lacking = name;
      return nullptr;
    }
  }
  return at;
}

/// A value as the inside of a JSON string.
std::string string_inside(const json& value) {
  std::string quoted;
  append_json_string(quoted, value.is_string() ? value.get_ref<const std::string&>()
                                               : value.dump(-1, ' ', false, json::error_handler_t::replace));
  return quoted.substr(1, quoted.size() - 2);
}

/// The value of a reference as the inside of a JSON string.
result<std::string> text_of(const result_reference& r, const json& whole) {
  std::string lacking;
  const auto* at = find_part(whole, r.path, lacking);
  if (at == nullptr)
    return missing(r, "the result has no '" + lacking + "' there");
  return string_inside(*at);
}

/// The record with that key that has a result; null: there is none.
const job_record* find_result(const std::vector<job_record>& jobs, const std::string& key) {
  const auto found = std::find_if(jobs.begin(), jobs.end(), [&](const auto& j) {
    return j.spec.workflow && j.spec.workflow->key == key && !j.result.empty();
  });
  return found == jobs.end() ? nullptr : &*found;
}

/// As it stands in a string, but never as the beginning of a reference: the job that gets it is filled in once more.
std::string inert(std::string inside) {
  for (auto at = inside.find('$'); at != std::string::npos; at = inside.find('$', at + 1))
    inside.replace(at, 1, "\\u0024");
  return inside;
}

result<std::string> element_payload(std::string_view payload, const std::vector<item_reference>& references,
                                    const json& item, size_t index) {
  std::string out;
  size_t done_to = 0;
  for (const auto& r : references) {
    out.append(payload.substr(done_to, r.begin - done_to));
    done_to = r.end;
    if (r.index) {
      out += std::to_string(index);
      continue;
    }
    std::string lacking;
    const auto* at = find_part(item, r.path, lacking);
    if (at == nullptr)
      return error{ec::not_found,
                   dotted("${item", r.path) + " in the payload: element " + std::to_string(index) + " has no '" +
                     lacking + "' there",
                   "payload"};
    out += inert(string_inside(*at));
  }
  return out.append(payload.substr(done_to));
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
    const auto* found = find_result(jobs, r.key);
    if (found == nullptr)
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

result<std::vector<std::string>> element_payloads(const fan_out& f, std::string_view payload,
                                                  const std::vector<job_record>& jobs) {
  const auto over = shown_reference(f.over, f.path) + " in forEach: ";
  const auto* source = find_result(jobs, f.over);
  if (source == nullptr)
    return error{ec::not_found, over + "that job has no result, or is not stored any more", "forEach.over"};
  const auto whole = json::parse(source->result.view(), nullptr, false);
  std::string lacking;
  const auto* array = find_part(whole, f.path, lacking);
  if (array == nullptr || !array->is_array())
    return error{ec::not_found,
                 over + (array == nullptr ? "the result has no '" + lacking + "' there"
                                          : "that is no array, but of type " + std::string{array->type_name()}),
                 "forEach.over"};
  if (array->size() > f.max)
    return error{ec::out_of_range,
                 over + "the array has " + std::to_string(array->size()) + " elements; allowed are " +
                   std::to_string(f.max) + " (forEach.max)",
                 "forEach.max"};
  const auto references = find_item_references(payload);
  if (!references)
    return references.err();
  std::vector<std::string> out;
  size_t bytes = 0;
  for (size_t i = 0; i < array->size(); ++i) {
    auto one = element_payload(payload, *references, (*array)[i], i);
    if (!one)
      return std::move(one).err();
    bytes += one->size();
    if (bytes > element_payloads_bytes_max || one->size() > filled_payload_bytes_max)
      return error{ec::out_of_range,
                   "with its elements the payload is longer than " + std::to_string(filled_payload_bytes_max) +
                     " bytes, or all payloads together are longer than " + std::to_string(element_payloads_bytes_max),
                   "payload"};
    out.push_back(std::move(*one));
  }
  return out;
}

} // namespace callboard
