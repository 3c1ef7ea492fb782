#include "http/api/preemptible_reader.hpp"

#include "core/base/seconds_text.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

namespace callboard {

result<duration> read_preemptible(const nlohmann::json& v, duration usual, duration most) {
  if (!v.is_object())
    return error{ec::invalid_value,
                 "preemptible must be true, false, or an object such as {\"minRun\": 60}, not an array", "preemptible"};
  auto after = usual;
  for (const auto& [name, value] : v.items()) {
    const auto path = "preemptible." + name.substr(0, http_limits::shown_bytes_max);
    if (name != "minRun")
      return error{ec::unknown_field, "unknown field " + shown(std::string_view{name}) + "; known here are minRun",
                   path};
    if (!value.is_number())
      return error{ec::invalid_value,
                   path + " must be a number of seconds, not " +
                     (value.is_structured() ? value.is_array() ? "an array" : "an object" : value.dump()),
                   path};
    const auto seconds = value.get<double>();
    const auto bound = std::chrono::duration<double>(most).count();
    if (seconds < 0 || seconds > bound)
      return error{ec::out_of_range,
                   path + " is " + value.dump() + "; allowed: 0 to " + seconds_text(most) +
                     " seconds, the longest timeout (jobs.timeout_max)",
                   path};
    after = std::chrono::round<duration>(std::chrono::duration<double>(seconds));
  }
  return after;
}

} // namespace callboard
