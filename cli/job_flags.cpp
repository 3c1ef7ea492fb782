#include "cli/job_flags.hpp"

#include "cli/exit_code.hpp"

#include <CLI/CLI.hpp>

#include <istream>
#include <iterator>

#include "files/read_file.hpp"

namespace callboard {

payload_options add_payload_flags(CLI::App& cmd, job_flags& f) {
  payload_options o{};
  o.type = cmd.add_option("TYPE", f.job.type, "Type of the job: one of those below, or another");
  o.text =
    cmd.add_option("--payload", f.job.payload, "Payload as JSON; - reads it from standard input")->default_str("{}");
  o.file =
    cmd.add_option("--payload-file", f.payload_file, "File with the payload; - is standard input")->type_name("FILE");
  o.file->excludes(o.text);
  return o;
}

void add_moment_flags(CLI::App& cmd, submit_fields& j) {
  auto* at = cmd.add_option("--at", j.at, "Earliest start, as RFC 3339: 2026-01-15T10:30:00Z");
  cmd.add_option("--in", j.in, "Earliest start, from now: 10min")->excludes(at);
  cmd.add_option("--deadline", j.deadline, "Latest start, as RFC 3339 or from now");
  cmd.add_option("--finish-by", j.finish_by, "Wanted end, as RFC 3339 or from now");
  cmd
    .add_option("--depends-on", j.depends_on,
                "ID, or ID:CONDITION: start after this job is completed, or after its failure, finished or started "
                "(several: repeat)")
    ->delimiter(',')
    ->allow_extra_args(false);
  cmd
    .add_option("--dependency-rule", j.dependency_rule,
                "Of several: all, any, all_done (whatever became of them) or none_failed (all)")
    ->type_name("{all,any,all_done,none_failed}");
  cmd.add_option("--key", j.key, "Idempotency key: the same one twice is one job");
  auto* unique = cmd.add_flag("--unique", j.unique,
                              "One such job at a time, where jobs with the same parts are the same: "
                              "--unique=type,payload.customer.id (type, queue and payload)");
  cmd
    .add_option("--unique-while", j.unique_while,
                "How long it keeps others out: queued, unfinished (the default), or a time such as 10min; running: "
                "others wait until it is their turn")
    ->needs(unique);
  cmd
    .add_option("--on-conflict", j.on_conflict,
                "When there is one: reject (the default), existing (it is the answer), replace (it is cancelled if "
                "it has not begun), or debounce (the same, and the new one is put off)")
    ->needs(unique);
  cmd
    .add_option("--debounce", j.debounce,
                "With --on-conflict debounce: it starts when no other one has come for so long")
    ->needs(unique);
  cmd.add_option("--debounce-max", j.debounce_max, "And no later than so long after the first one was accepted")
    ->needs(unique);
}

void add_field_flags(CLI::App& cmd, submit_fields& j) {
  cmd.add_option("--priority", j.priority, "0 to 9, 9 first");
  cmd.add_option("--retries", j.retries, "Retries after a failed attempt");
  cmd.add_option("--timeout", j.timeout, "Longest run of an attempt: 5min");
  cmd.add_option("--soft-timeout", j.soft_timeout,
                 "An attempt that has run this long is told to come to its end, and goes on: 4min");
  cmd.add_option("--queue", j.queue, "Queue");
  cmd.add_option("--tag", j.tags, "Tag (several: repeat)")->allow_extra_args(false);
  cmd.add_option("--durability", j.durability, "What it is to survive: power loss, kill -9, or neither")
    ->type_name("{fsync,os,memory}");
  cmd.add_option("--resources", j.resources, "What it needs of a worker: slots=2,cpu=0.5,memory=512M,gpu=1");
  cmd.add_option("--require", j.required_labels, "Labels its worker must have: zone=eu,disk=ssd");
  cmd.add_option("--type-version", j.type_version, "Versions of its type that it may run on: ^1.2, 1.x, '>=1.2 <3'");
  cmd.add_option("--retry-policy", j.retry_policy,
                 "KIND[,base=1s][,cap=10min][,jitter=true]; KIND is fixed, linear or exponential");
  cmd
    .add_option("--on-error", j.on_error,
                "CODE=retry, CODE=fail or CODE=snooze:30s: what failures with this code lead to; DB_* are all that "
                "begin so (several: repeat; the one that says most counts)")
    ->allow_extra_args(false);
  cmd.add_option("--retry-within", j.retry_within, "No attempt begins later than this after the first: 1h");
  cmd
    .add_option("--on-miss", j.on_miss,
                "When it has not started in time: fail (the default), cancel, run_anyway (late), or promote (late, "
                "first)")
    ->type_name("{fail,cancel,run_anyway,promote}");
  cmd.add_flag("--preempts", j.preempts,
               "It may take the slot of a job of lower priority, where its queue allows that");
  cmd.add_flag("--preemptible", j.preemptible,
               "Its attempts may be stopped for more urgent jobs: --preemptible=30 (seconds that one runs before)");
  cmd.add_flag("--held", j.held, "Do not start it before it is released (callboard release)");
  auto* key = cmd.add_option("--concurrency-key", j.concurrency_key,
                             "Jobs of its queue with the same key share the limits per key");
  cmd
    .add_option("--concurrency-key-from", j.concurrency_key_from,
                "Path in the payload at which that key stands: customer.id")
    ->excludes(key);
}

void add_builtin_types(CLI::App& cmd, job_flags& f) {
  cmd.require_subcommand(0, 1);
  for (const auto* t : builtin_types()) {
    auto* sub = cmd.add_subcommand(std::string{t->name}, std::string{t->summary})->fallthrough();
    auto* flags = f.builtin.emplace_back(std::make_unique<payload_flags>(*sub, *t)).get();
    sub->callback([&f, flags] { f.chosen = flags; });
  }
}

void choose_type(job_flags& f, const std::optional<std::vector<std::string>>& words, const std::string& command) {
  if (!f.chosen && words)
    throw command_failure{exit_usage,
                          "words behind -- are the argv of exec: callboard " + command + " exec -- PROGRAM ARGUMENTS"};
  if (!f.chosen)
    return;
  const std::string name{f.chosen->type().name};
  if (!f.job.type.empty())
    throw command_failure{exit_usage, command + " takes one TYPE, not " + name + " and " + f.job.type};
  f.job.type = name;
  if (words)
    f.chosen->set_words(*words);
}

void complete_payload(program_context& context, job_flags& f) {
  if (!f.payload_file.empty())
    f.job.payload = read_all(context, f.payload_file);
  else if (f.job.payload == "-")
    f.job.payload = read_all(context, "-");
  if (f.chosen && f.chosen->are_given())
    f.job.payload = f.chosen->merged_into(f.job.payload);
}

std::string read_all(program_context& context, const std::string& path) {
  if (path == "-")
    return {std::istreambuf_iterator<char>{context.in}, {}};
  auto text = read_file(path);
  if (!text)
    throw command_failure{exit_usage, text.err().message};
  return std::move(*text);
}

} // namespace callboard
