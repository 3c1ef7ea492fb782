#include "cli/limit_print.hpp"

#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"
#include "config/units.hpp"

#include <nlohmann/json.hpp>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// `100/1min`
std::string rate_text(const json& rate) {
  const auto per = rate.find("per");
  if (per == rate.end() || !per->is_number())
    return {};
  const auto period = duration_of_seconds(per->get<double>());
  return member_text(rate, "jobs") + "/" + (period ? format_duration(*period) : per->dump());
}

/// `1h`, or `never`
std::string cache_text(const json& cache) {
  const auto time = cache.is_object() ? cache.find("for") : cache.end();
  if (time == cache.end() || !time->is_number())
    return "never";
  const auto holds = duration_of_seconds(time->get<double>());
  return holds ? format_duration(*holds) : time->dump();
}

} // namespace

std::string limits_text(const json& shown) {
  std::string text;
  const auto add = [&text](const std::string& name, const std::string& value, const char* usual) {
    if (!value.empty() && value != usual)
      text += (text.empty() ? "" : ", ") + (name + " " + value);
  };
  const auto add_rate = [&add](const json& in, const char* member, const std::string& prefix) {
    const auto rate = in.find(member);
    if (rate == in.end() || !rate->is_object())
      return;
    add(prefix + "rate", rate_text(*rate), "");
    add(prefix + "burst", member_text(*rate, "burst"), "1");
  };
  add("concurrency", member_text(shown, "concurrency"), "");
  add_rate(shown, "rate", "");
  add_rate(shown, "retryRate", "retry-");
  if (const auto c = shown.find("cache"); c != shown.end() && !c->is_null())
    add("cache-for", cache_text(*c), "");
  add("weight", member_text(shown, "weight"), "1");
  if (const auto per_key = shown.find("perKey"); per_key != shown.end() && per_key->is_object()) {
    add("key-concurrency", member_text(*per_key, "concurrency"), "");
    add_rate(*per_key, "rate", "key-");
  }
  add("waiting-max", member_text(shown, "waitingMax"), "");
  if (const auto b = shown.find("waitingBytesMax"); b != shown.end() && b->is_number_unsigned())
    add("waiting-bytes-max", format_bytes(b->get<uint64_t>()), "");
  add("when-full", member_text(shown, "whenFull"), "reject");
  if (const auto p = shown.find("preemption"); p != shown.end() && p->is_object())
    add("preemption", rate_text(*p), "");
  if (const auto o = shown.find("objective"); o != shown.end() && o->is_object()) {
    if (const auto wait = o->find("waitSeconds"); wait != o->end() && wait->is_number())
      if (const auto d = duration_of_seconds(wait->get<double>()))
        add("wait", format_duration(*d), "");
    add("wait-share", member_text(*o, "waitShare"), "");
    add("success-share", member_text(*o, "successShare"), "");
  }
  add("full-accepts-from", member_text(shown, "fullAcceptsFrom"), "");
  if (const auto d = shown.find("defaults"); d != shown.end() && d->is_object())
    for (const auto& [field, value] : d->items())
      add("default " + field, value.is_string() ? value.get<std::string>() : value.dump(), "");
  if (const auto paths = shown.find("redact"); paths != shown.end() && paths->is_array())
    for (const auto& path : *paths)
      add("redact", path.is_string() ? path.get<std::string>() : path.dump(), "");
  return text.empty() || member_text(shown, "inherited") != "true" ? text : text + " (each key)";
}

std::string limit_state(const json& shown) {
  const auto held = member_text(shown, "held");
  if (held.empty())
    return member_text(shown, "paused") == "true" ? "paused" : "open";
  return held == "paused" ? held : "at " + held;
}

/// What counts against the bounds of a queue; of others nothing.
std::string counted_text(const json& shown) {
  const auto bytes = shown.find("waitingBytes");
  if (bytes == shown.end() || !bytes->is_number_unsigned())
    return {};
  return member_text(shown, "waitingJobs") + " jobs, " + format_bytes(bytes->get<uint64_t>()) + " of payloads";
}

void print_limit(std::ostream& out, const json& shown, time_point now, const palette& colours) {
  const auto member = [&shown](const char* name) { return printable(member_text(shown, name)); };
  member_lines m{out};
  m.line("name", member("name"));
  m.line("queue", member("queue"));
  m.line("key", member("key"));
  m.line("state", colours.status(printable(limit_state(shown))));
  m.line("limits", printable(limits_text(shown)));
  m.line("under way", member("underWay"));
  m.line("ready", member("ready"));
  m.line("keys", member("keys"));
  m.line("waiting", member("waiting"));
  m.line("running", member("running"));
  m.line("retrying", member("retrying"));
  m.line("counted", counted_text(shown));
  m.line("oldest ready", time_text(shown, "oldestReady", now));
  m.line("last", time_text(shown, "lastProcessed", now));
}

} // namespace callboard
