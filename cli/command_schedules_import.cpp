#include "cli/command_schedules.hpp"
#include "cli/crontab.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/schedule_flags.hpp"
#include "cli/schedule_print.hpp"
#include "core/base/name.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>
#include <set>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// cron lets a command run as long as it likes, and does not repeat it.
constexpr const char* timeout_default = "1d";
constexpr int64_t retries_default = 0;

struct import_flags {
  std::string file, prefix;
  schedule_flags schedule;
  submit_fields job;
  bool dry_run = false, with_user = false, replace = false;
};

/// The payload of `exec` that does what cron does with a line. Throws json::type_error for what is no UTF-8.
std::string payload_of(const crontab_entry& e) {
  json payload{{"argv", {e.shell, "-c", e.command}}};
  for (const auto& [name, value] : e.environment) {
    payload["env"][name] = value;
    if (name == "HOME" && value.starts_with('/'))
      payload["cwd"] = value;
  }
  if (!e.input.empty())
    payload["stdin"] = e.input;
  return payload.dump();
}

/// Sends the lines of a crontab one by one, and says what became of each.
class importer {
public:
  importer(program_context& context, const client_flags& client, const import_flags& f)
    : context_(context), flags_(f), json_(client.json), client_(context, client),
      file_(f.file == "-" ? "stdin" : f.file) {
  }

  int run() {
    const auto tab = parse_crontab(read_all(context_, flags_.file), flags_.with_user);
    for (const auto& n : tab.notes)
      note(n.line, n.text);
    tell_once(tab);
    for (const auto& r : tab.refused)
      refuse(r.line, "", r.text, exit_usage);
    for (const auto& e : tab.entries)
      add(e);
    summarize();
    return code_;
  }

private:
  void note(size_t line, const std::string& text) {
    context_.err << "callboard: " << at(line) << printable(text) << '\n';
  }
  std::string at(size_t line) const {
    return printable(file_) + ":" + std::to_string(line) + ": ";
  }

  void tell_once(const crontab& tab) {
    if (tab.entries.empty())
      return;
    if (flags_.with_user)
      note(tab.entries.front().line, "the user's field (here " + tab.entries.front().user +
                                       ") is not used: jobs run as the user that the workers run as");
    for (const auto& e : tab.entries)
      if (zone_of(e).empty())
        return note(e.line, "no time zone is given, so the times are UTC; --zone or a line CRON_TZ=Europe/Berlin "
                            "says otherwise");
  }
  const std::string& zone_of(const crontab_entry& e) const {
    return e.zone.empty() ? flags_.schedule.zone : e.zone;
  }

  std::string name_of(const crontab_entry& e) {
    const auto text = flags_.prefix + command_slug(e.command);
    auto name = to_name(name_kind::schedule, text, "");
    for (unsigned n = 2; !taken_.insert(name).second; ++n)
      name = to_name(name_kind::schedule, text, "-" + std::to_string(n));
    return name;
  }

  std::string body_of(const crontab_entry& e, const std::string& name) const {
    auto schedule = flags_.schedule;
    schedule.cron = e.when;
    schedule.zone = zone_of(e);
    auto job = flags_.job;
    job.type = "exec";
    job.payload = payload_of(e);
    if (!job.retries)
      job.retries = retries_default;
    if (job.timeout.empty())
      job.timeout = timeout_default;
    return schedule_body(name, schedule, "job", submit_body(job, context_.now()));
  }

  void add(const crontab_entry& e) {
    const auto name = name_of(e);
    try {
      const auto body = body_of(e, name);
      const auto answer = flags_.dry_run   ? client_.json("POST", "/api/schedules/preview", body)
                          : flags_.replace ? client_.json("PUT", schedule_target(name), body)
                                           : client_.json("POST", "/api/schedules", body);
      const bool updated = !flags_.dry_run && flags_.replace && member_text(answer, "version") != "1";
      accept(e.line, name, flags_.dry_run ? "accepted" : updated ? "updated" : "created", next_fire_text(answer));
    } catch (const json::type_error&) {
      refuse(e.line, name, "the command or its environment is not UTF-8", exit_usage);
    } catch (const command_failure& failure) {
      if (failure.code() == exit_unreachable)
        throw;
      refuse(e.line, name, failure.what(), failure.code());
    }
  }

  void accept(size_t line, const std::string& name, const std::string& outcome, const std::string& next) {
    ++(outcome == "updated" ? updated_ : accepted_);
    if (json_)
      return print(
        {{"line", line}, {"name", name}, {"outcome", outcome}, {"next", next.empty() ? json{} : json(next)}});
    context_.out << at(line) << name << ' ' << outcome;
    if (!next.empty())
      context_.out << ", next " << printable(next) << " (" << relative_time(next, context_.now()) << ')';
    context_.out << '\n';
  }
  /// @param name  empty: the line has come to none.
  void refuse(size_t line, const std::string& name, const std::string& why, int code) {
    ++refused_;
    if (code_ == exit_ok)
      code_ = code;
    if (json_)
      return print(
        {{"line", line}, {"name", name.empty() ? json{} : json(name)}, {"outcome", "refused"}, {"reason", why}});
    context_.err << "callboard: " << at(line) << (name.empty() ? "" : name + " ") << "refused: " << printable(why)
                 << '\n';
  }
  void print(const json& line) {
    context_.out << line.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }

  void summarize() {
    if (json_)
      return;
    if (flags_.dry_run)
      context_.out << accepted_ << " would be accepted, " << refused_ << " refused; nothing was created\n";
    else
      context_.out << accepted_ << " created, " << updated_ << " updated, " << refused_ << " refused\n";
  }

  program_context& context_;
  const import_flags& flags_;
  bool json_;
  scheduler_client client_;
  std::string file_;
  std::set<std::string> taken_{"preview"}; // no schedule may have that name
  size_t accepted_ = 0, updated_ = 0, refused_ = 0;
  int code_ = exit_ok;
};

} // namespace

void add_schedules_import(command_host& host, CLI::App& schedules, std::shared_ptr<client_flags> client) {
  auto f = std::make_shared<import_flags>();
  auto* cmd = schedules.add_subcommand("import", "Make a schedule of each line of a crontab");
  cmd->footer("Jobs run once (--retries 0) and for a day at most (--timeout 1d), unless the flags say otherwise.");
  cmd->add_option("FILE", f->file, "The crontab; - is standard input")->required();
  cmd->add_option("--prefix", f->prefix, "What the names begin with");
  cmd->add_flag("--dry-run", f->dry_run, "Say what would become of it, and create nothing");
  cmd->add_flag("--system", f->with_user, "Each line names a user before its command (/etc/crontab, /etc/cron.d)");
  cmd->add_flag("--replace", f->replace, "Give schedules of the same names new versions");
  add_rule_flags(*cmd, f->schedule);
  add_field_flags(*cmd, f->job);
  add_client_flags(*cmd, *client);
  cmd->callback([&host, f, client] {
    host.action = [&host, f, client] {
      refuse_words(host);
      return importer{host.context, *client, *f}.run();
    };
  });
}

} // namespace callboard
