#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/good_interrupt.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/server_events.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Between two attempts to connect again.
constexpr duration connect_every = std::chrono::seconds{2};

struct events_flags {
  client_flags client;
  std::string kind, queue, type, id, workflow, worker, after;
  std::string reconnect = "30s";
  uint64_t count = 0;
};

std::string target_of(const events_flags& f) {
  return query_builder{"/api/events"}
    .add("kind", f.kind)
    .add("queue", f.queue)
    .add("type", f.type)
    .add("id", f.id)
    .add("workflow", f.workflow)
    .add("worker", f.worker)
    .target();
}

/// What an event is about, and what is to be said of it.
std::string event_line(const json& e, const palette& colours) {
  std::string line = printable(member_text(e, "at"));
  line += "  " + colours.painted(member_text(e, "status"), printable(member_text(e, "kind")));
  for (const auto* name : {"jobID", "type", "queue", "worker", "name"})
    if (const auto text = member_text(e, name); !text.empty())
      line += "  " + printable(text);
  if (const auto percent = member_text(e, "percent"); !percent.empty())
    line += "  " + percent + "%";
  auto why = member_text(e, "code");
  if (const auto reason = member_text(e, "reason"); !reason.empty())
    why += (why.empty() ? "" : ": ") + reason;
  return why.empty() ? line : line + "  " + printable(why);
}

/// Prints events until there were enough of them.
class events_printer {
public:
  events_printer(program_context& context, const events_flags& flags)
    : context_(context), flags_(flags), colours_(context), last_id_(flags.after) {
  }

  int run() {
    scheduler_client client{context_, flags_.client};
    const auto patience = duration_flag("--reconnect", flags_.reconnect);
    const auto target = target_of(flags_);
    duration away{0};
    while (true) {
      parser_.restart();
      const auto why = client.follow(target, last_id_, [&](std::string_view part) {
        away = duration{0};
        return take(part);
      });
      if (enough())
        return exit_ok;
      // A scheduler that restarts is not there for a moment, or says that it is busy.
      if (why && (why->code() == exit_usage || away >= patience))
        throw command_failure{*why};
      context_.pause(connect_every);
      away += connect_every;
    }
  }

private:
  bool take(std::string_view part) {
    parser_.put(part, [this](const server_event& e) {
      if (!enough())
        print(e);
    });
    if (!parser_.last_id().empty())
      last_id_ = parser_.last_id();
    context_.out << std::flush;
    return !enough();
  }
  void print(const server_event& e) {
    const auto body = json::parse(e.data, nullptr, false);
    if (!body.is_object())
      throw command_failure{exit_server, "an event is no JSON object; is this address a Callboard scheduler?"};
    ++printed_;
    if (flags_.client.json)
      context_.out << e.data << '\n';
    else
      context_.out << event_line(body, colours_) << '\n';
  }
  bool enough() const {
    return flags_.count != 0 && printed_ >= flags_.count;
  }

  program_context& context_;
  const events_flags& flags_;
  palette colours_;
  server_event_parser parser_;
  std::string last_id_;
  uint64_t printed_ = 0;
};

int run_events(program_context& context, const events_flags& f) {
  const good_interrupt guard;
  return events_printer{context, f}.run();
}

} // namespace

void add_events(command_host& host) {
  auto f = std::make_shared<events_flags>();
  auto* cmd = host.app.add_subcommand("events", "Print what happens, as it happens");
  cmd->add_option("--kind", f->kind, "Kinds or families, such as job.failed,worker");
  cmd->add_option("--queue", f->queue, "Only of this queue");
  cmd->add_option("--type", f->type, "Only of this job type");
  cmd->add_option("--id", f->id, "Only of this job");
  cmd->add_option("--workflow", f->workflow, "Only of jobs of this workflow");
  cmd->add_option("--worker", f->worker, "Only of this worker");
  cmd->add_option("--after", f->after, "Begin behind the event with this id");
  cmd->add_option("--count", f->count, "End after so many events");
  cmd->add_option("--reconnect", f->reconnect, "How long the scheduler may be away")->capture_default_str();
  add_client_flags(*cmd, f->client);
  cmd->footer(
    "Goes on until it is interrupted, which is a good end (0). When the connection breaks it goes on where it was.");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_events(host.context, *f); }; });
}

} // namespace callboard
