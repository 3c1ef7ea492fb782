#include "http/api/unique_key.hpp"

#include "http/api/digest.hpp"
#include "http/api/payload_parts.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace callboard {

namespace {

using nlohmann::json;

} // namespace

result<std::string> unique_key_of(const job_spec& job, const std::vector<std::string>& by, uint32_t depth_max) {
  constexpr std::string_view in_payload = "payload";
  // It was read once, so there is nothing wrong with it.
  const auto payload = payload_parts::read(job.payload.view(), depth_max);
  if (!payload)
    return payload.err();
  std::map<std::string, std::string> parts;
  for (size_t i = 0; i < by.size(); ++i) {
    auto& out = parts[by[i]];
    if (by[i] == "type" || by[i] == "queue") {
      out = json(by[i] == "type" ? job.type : job.queue).dump();
      continue;
    }
    auto path = std::string_view{by[i]}.substr(in_payload.size());
    path.remove_prefix(path.empty() ? 0 : 1);
    const auto* value = payload->find(path);
    if (value == nullptr) {
      const auto field = "unique.by[" + std::to_string(i) + "]";
      return error{ec::invalid_value,
                   field + " must be a path that the payload has, not " + shown(std::string_view{by[i]}), field};
    }
    out = payload_parts::canonical(*value);
  }
  std::string key;
  for (const auto& [name, value] : parts)
    key += (key.empty() ? "{" : ",") + json(name).dump() + ":" + value;
  key += "}";
  return key.size() <= http_limits::unique_key_bytes_max ? result<std::string>{std::move(key)} : digest_of(key);
}

} // namespace callboard
