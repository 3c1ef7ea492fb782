#include "alerts/alert_file.hpp"

#include <nlohmann/json.hpp>

#include <utility>

#include "files/read_file.hpp"
#include "files/write_file.hpp"

namespace callboard {

namespace {

using nlohmann::json;

constexpr int format = 1;
/// More than as many silences as there may be, with the longest names and comments.
constexpr uint64_t file_bytes_max = 512u << 20u;
constexpr mode_t owner_only = 0600;

json time_json(time_point t) {
  return t.time_since_epoch().count();
}
time_point time_of(const json& v) {
  return time_point{duration{v.get<int64_t>()}};
}

json to_json(const alert& a) {
  json v{{"id", a.id},
         {"rule", to_string(a.rule)},
         {"target", a.target},
         {"since", time_json(a.since)},
         {"firedAt", time_json(*a.fired_at)},
         {"value", a.value},
         {"threshold", a.threshold},
         {"notified", a.notified}};
  if (a.ack)
    v["ack"] = {{"by", a.ack->by}, {"at", time_json(a.ack->at)}, {"comment", a.ack->comment}};
  return v;
}

json to_json(const alert_silence& s) {
  json v{{"id", s.id},
         {"until", time_json(s.until)},
         {"createdAt", time_json(s.created_at)},
         {"by", s.by},
         {"comment", s.comment}};
  if (s.rule)
    v["rule"] = to_string(*s.rule);
  if (s.target)
    v["target"] = *s.target;
  return v;
}

/// Nothing: of a rule that this program does not know.
std::optional<alert> alert_of(const json& v) {
  const auto rule = parse_alert_rule(v.at("rule").get<std::string>());
  if (!rule)
    return std::nullopt;
  alert a;
  a.id = v.at("id").get<uint64_t>();
  a.rule = *rule;
  a.target = v.at("target").get<std::string>();
  a.state = alert_state::firing;
  a.since = time_of(v.at("since"));
  a.fired_at = time_of(v.at("firedAt"));
  a.value = v.at("value").get<double>();
  a.threshold = v.at("threshold").get<double>();
  a.notified = v.at("notified").get<bool>();
  if (const auto ack = v.find("ack"); ack != v.end())
    a.ack = alert_ack{ack->at("by").get<std::string>(), time_of(ack->at("at")), ack->at("comment").get<std::string>()};
  return a;
}

/// Nothing: of a rule that this program does not know.
std::optional<alert_silence> silence_of(const json& v) {
  alert_silence s;
  if (const auto rule = v.find("rule"); rule != v.end()) {
    s.rule = parse_alert_rule(rule->get<std::string>());
    if (!s.rule)
      return std::nullopt;
  }
  if (const auto target = v.find("target"); target != v.end())
    s.target = target->get<std::string>();
  s.id = v.at("id").get<uint64_t>();
  s.until = time_of(v.at("until"));
  s.created_at = time_of(v.at("createdAt"));
  s.by = v.at("by").get<std::string>();
  s.comment = v.at("comment").get<std::string>();
  return s;
}

} // namespace

std::string alert_memory_text(const alert_memory& m) {
  json firing = json::array(), silences = json::array();
  for (const auto& a : m.firing)
    firing.push_back(to_json(a));
  for (const auto& s : m.silences)
    silences.push_back(to_json(s));
  const json v{{"format", format},
               {"firing", std::move(firing)},
               {"silences", std::move(silences)},
               {"nextSilence", m.next_silence}};
  return v.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

result<alert_memory> parse_alert_memory(std::string_view text) {
  try {
    const auto v = json::parse(text);
    if (const auto given = v.at("format").get<int>(); given != format)
      return error{ec::corrupt_record, "it has format " + std::to_string(given) + ", and this program reads format " +
                                         std::to_string(format)};
    alert_memory m;
    for (const auto& x : v.at("firing"))
      if (auto a = alert_of(x))
        m.firing.push_back(std::move(*a));
    for (const auto& x : v.at("silences"))
      if (auto s = silence_of(x))
        m.silences.push_back(std::move(*s));
    m.next_silence = v.at("nextSilence").get<uint64_t>();
    return m;
  } catch (const json::exception& e) {
    return error{ec::corrupt_record, std::string{"it cannot be read: "} + e.what()};
  }
}

result<alert_memory> read_alert_memory(const std::filesystem::path& file) {
  const auto text = read_file(file, file_bytes_max);
  if (!text)
    return text.err().code == ec::not_found ? result<alert_memory>{alert_memory{}} : text.err();
  auto m = parse_alert_memory(*text);
  if (!m)
    return error{m.err().code, file.string() + ": " + m.err().message};
  return m;
}

result<done> write_alert_memory(const std::filesystem::path& file, const alert_memory& m) {
  return replace_file(file, alert_memory_text(m), owner_only);
}

} // namespace callboard
