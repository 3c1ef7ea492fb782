#include "cli/client.hpp"

#include "config/units.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

/// A scheduler says at least every events.keep_alive that it is there; after so long it is not.
constexpr duration stream_silence_max = std::chrono::seconds{90};

constexpr duration starting_pause = std::chrono::milliseconds{200};

/// 408 and 429 ask for another try later, as 503 does; every other 4xx is wrong for good.
exit_code exit_of(int status) {
  return status >= 500 || status == 408 || status == 429 ? exit_server : exit_usage;
}

/// The texts of an error's body; empty where there is none.
struct refusal {
  std::string message, code, field;
};

refusal read_refusal(const std::string& text) {
  const auto body = nlohmann::json::parse(text, nullptr, false);
  if (!body.is_object() || !body.contains("error") || !body["error"].is_object())
    return {};
  const auto& e = body["error"];
  // A member of another kind must not throw here.
  const auto member = [&e](const char* name) {
    const auto found = e.find(name);
    return found != e.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  return {member("message"), member("code"), member("field")};
}

/// `message (code, field)` of the error's body, or what else can be said.
std::string refusal_text(const rest_answer& answer) {
  const auto r = read_refusal(answer.body);
  if (r.message.empty() && r.code.empty())
    return "HTTP status " + std::to_string(answer.status);
  return r.message + " (" + r.code + (r.field.empty() ? "" : ", field " + r.field) + ")";
}

bool is_starting(const rest_answer& answer) {
  return answer.status == 503 && read_refusal(answer.body).code == to_string(ec::starting);
}

} // namespace

std::string actor_name(const program_context& context, const std::string& as) {
  auto name = as;
  for (const auto* variable : {"CALLBOARD_AS", "USER", "LOGNAME"})
    if (const auto set = context.environment.find(variable); name.empty() && set != context.environment.end())
      name = set->second;
  std::erase_if(name, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
  return name;
}

std::string server_of(const program_context& context, const client_flags& flags) {
  if (!flags.server.empty())
    return flags.server;
  const auto set = context.environment.find("CALLBOARD_SERVER");
  return set != context.environment.end() && !set->second.empty() ? set->second : default_server;
}

void add_client_flags(CLI::App& cmd, client_flags& flags) {
  cmd.add_option("--server", flags.server,
                 "URL of the scheduler (default: $CALLBOARD_SERVER, else " + std::string{default_server} + ")");
  cmd.add_flag("--json", flags.json, "Print the scheduler's JSON");
  cmd.add_option("--as", flags.as, "Who acts, for the audit log (default: $CALLBOARD_AS, else the user's name)")
    ->type_name("NAME");
  cmd.add_option("--request-timeout", flags.timeout, "Longest wait for an answer")->capture_default_str();
}

scheduler_client::scheduler_client(const program_context& context, const client_flags& flags)
  : timeout_(duration_flag("--request-timeout", flags.timeout)), pause_(context.pause),
    rest_(server_of(context, flags), timeout_, actor_name(context, flags.as)),
    stream_(server_of(context, flags), timeout_) {
}

std::optional<command_failure> scheduler_client::follow(const std::string& target, const std::string& last_id,
                                                        const std::function<bool(std::string_view)>& take) {
  bool any = false;
  const auto answer = stream_.follow(target, last_id, stream_silence_max, [&](std::string_view part) {
    any = true;
    return take(part);
  });
  if (!answer)
    return command_failure{exit_unreachable, answer.err().message};
  if (any)
    return std::nullopt;
  if (answer->status == 200)
    return command_failure{exit_server, "the answer is no stream of events"};
  return command_failure{exit_of(answer->status), refusal_text(*answer)};
}

rest_answer scheduler_client::answer(std::string_view method, const std::string& target, std::string_view body,
                                     std::string_view content_type) {
  for (duration waited{0};; waited += starting_pause) {
    auto answer = rest_.call(method, target, body, content_type);
    if (!answer)
      throw command_failure{exit_unreachable, answer.err().message};
    if (answer->status >= 200 && answer->status < 300)
      return std::move(*answer);
    if (!waits_for_start_ || waited >= timeout_ || !is_starting(*answer))
      throw command_failure{exit_of(answer->status), refusal_text(*answer)};
    pause_(starting_pause);
  }
}

std::string scheduler_client::text(std::string_view method, const std::string& target, std::string_view body,
                                   std::string_view content_type) {
  return answer(method, target, body, content_type).body;
}

nlohmann::ordered_json scheduler_client::json(std::string_view method, const std::string& target, std::string_view body,
                                              std::string_view content_type) {
  return parse_answer(text(method, target, body, content_type));
}

nlohmann::ordered_json parse_answer(const std::string& body) {
  auto value = nlohmann::ordered_json::parse(body, nullptr, false);
  if (value.is_discarded() || !value.is_object())
    throw command_failure{exit_server, "the answer is no JSON object; is this address a Callboard scheduler?"};
  return value;
}

std::string job_target(const std::string& id, std::string_view rest) {
  return "/api/jobs/" + url_escaped(id) + std::string{rest};
}

int for_each_id(program_context& context, const std::vector<std::string>& ids,
                const std::function<void(const std::string&)>& work) {
  int code = exit_ok;
  for (const auto& id : ids)
    try {
      work(id);
    } catch (const command_failure& e) {
      if (e.code() == exit_unreachable)
        throw;
      context.err << "callboard: " << id << ": " << e.what() << '\n';
      if (code == exit_ok)
        code = e.code();
    }
  return code;
}

duration duration_flag(std::string_view flag, const std::string& text) {
  if (const auto d = parse_duration(text); d && d->count() > 0)
    return *d;
  throw command_failure{exit_usage, std::string{flag} +
                                      " must be a time above 0 such as 15s, 10min or 1h30min, not \"" + text + "\""};
}

} // namespace callboard
