#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/export_place.hpp"
#include "cli/good_interrupt.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "files/append_file.hpp"

namespace callboard {

namespace {

constexpr mode_t out_file_mode = 0644;
/// Between two attempts when the scheduler is not there.
constexpr duration connect_every = std::chrono::seconds{2};

struct export_flags {
  client_flags client;
  std::string type, queue, tag, status, from, include, cursor_file, out;
  std::string every = "1s", reconnect = "30s";
  bool follow = false;
};

/// What a result has, or the end of the command.
template <class T>
T or_fail(result<T> r) {
  if (!r)
    throw command_failure{exit_usage, r.err().message};
  return std::move(*r);
}

uint64_t inode_of(const std::string& file) {
  struct stat s {};
  return ::stat(file.c_str(), &s) == 0 ? static_cast<uint64_t>(s.st_ino) : 0;
}

/// Fetches page after page, and puts each down before it says so in the cursor file.
class exporter {
public:
  exporter(program_context& context, const export_flags& flags)
    : context_(context), flags_(flags), client_(context, flags.client) {
    client_.fail_while_starting();
    if (!flags.cursor_file.empty())
      if (auto place = or_fail(read_export_place(flags.cursor_file)))
        place_ = std::move(*place);
    if (!flags.out.empty())
      open_out();
  }

  int run() {
    const auto every = duration_flag("--every", flags_.every);
    while (true) {
      const bool complete = step();
      if (complete && !flags_.follow)
        break;
      if (complete)
        context_.pause(every);
    }
    if (!out_)
      return exit_ok;
    if (flags_.client.json)
      context_.out << nlohmann::ordered_json{{"jobs", jobs_}, {"cursor", place_.cursor}}.dump() << '\n';
    else
      context_.out << jobs_ << (jobs_ == 1 ? " job" : " jobs") << " exported to " << flags_.out << '\n';
    return exit_ok;
  }

private:
  /// What a process before this one has begun to write, and not said in the cursor file, goes: it comes again.
  void open_out() {
    out_ = or_fail(append_file::open(flags_.out, out_file_mode));
    size_ = or_fail(out_->size());
    const auto inode = inode_of(flags_.out);
    if (place_.file && place_.file->inode == inode && place_.file->bytes < size_) {
      or_fail(out_->cut(place_.file->bytes));
      size_ = place_.file->bytes;
    }
    place_.file = export_place::file_mark{inode, size_};
    // Before the first line, too, it is known what is whole.
    if (!flags_.cursor_file.empty())
      or_fail(write_export_place(flags_.cursor_file, place_));
  }

  std::string target() const {
    query_builder query{"/api/export/jobs"};
    if (!place_.cursor.empty())
      query.add("after", place_.cursor);
    else
      query.add("from", flags_.from);
    return query.add("type", flags_.type)
      .add("queue", flags_.queue)
      .add("tag", flags_.tag)
      .add("status", flags_.status)
      .add("include", flags_.include)
      .target();
  }

  /// A scheduler that restarts is not there for a moment, or says that it is busy.
  rest_answer ask() {
    const auto patience = duration_flag("--reconnect", flags_.reconnect);
    for (duration away{0};; away += connect_every) {
      try {
        return client_.answer("GET", target());
      } catch (const command_failure& e) {
        if (e.code() == exit_usage || away >= patience)
          throw;
      }
      context_.pause(connect_every);
    }
  }

  /// One page; true when nothing else has ended.
  bool step() {
    const auto page = ask();
    if (page.next.empty())
      throw command_failure{exit_server, "the answer has no Callboard-Next; is this address a Callboard scheduler?"};
    jobs_ += static_cast<uint64_t>(std::count(page.body.begin(), page.body.end(), '\n'));
    if (out_ && !page.body.empty()) {
      or_fail(out_->append(page.body));
      size_ += page.body.size();
      place_.file->bytes = size_;
    } else if (!page.body.empty()) {
      context_.out << page.body << std::flush;
      if (!context_.out)
        throw command_failure{exit_server, "the jobs could not be written to standard output"};
    }
    const bool moved = place_.cursor != page.next;
    place_.cursor = page.next;
    if (moved && !flags_.cursor_file.empty())
      or_fail(write_export_place(flags_.cursor_file, place_));
    return page.complete;
  }

  program_context& context_;
  const export_flags& flags_;
  scheduler_client client_;
  std::optional<append_file> out_;
  uint64_t size_ = 0; ///< of the file, in bytes
  export_place place_;
  uint64_t jobs_ = 0;
};

int run_export(program_context& context, const export_flags& f) {
  const good_interrupt guard;
  return exporter{context, f}.run();
}

} // namespace

void add_export(command_host& host) {
  auto f = std::make_shared<export_flags>();
  auto* cmd = host.app.add_subcommand("export", "Write finished jobs as JSON lines, in the order in which they ended");
  cmd->add_option("--from", f->from, "Begin with what ended then (RFC 3339); without, with the oldest job there is")
    ->type_name("TIME");
  cmd->add_option("--type", f->type, "Only of this job type");
  cmd->add_option("--queue", f->queue, "Only of this queue");
  cmd->add_option("--tag", f->tag, "Only with this tag");
  cmd->add_option("--status", f->status, "Only these")->type_name("{completed,failed,cancelled}");
  cmd->add_option("--include", f->include, "What else of a job: some of payload,result,log")->type_name("PARTS");
  cmd->add_option("--cursor-file", f->cursor_file, "Keeps the place: a later export goes on there")->type_name("FILE");
  cmd->add_option("--out", f->out, "Append to this file instead of standard output")->type_name("FILE");
  cmd->add_flag("--follow", f->follow, "Go on with what ends from now on, until it is interrupted");
  cmd->add_option("--every", f->every, "With --follow: time between two looks")->capture_default_str();
  cmd->add_option("--reconnect", f->reconnect, "How long the scheduler may be away")->capture_default_str();
  add_client_flags(*cmd, f->client);
  cmd->footer(
    "With --cursor-file and --out an export that is killed at any moment goes on without a loss and without a "
    "job twice. With --cursor-file alone a job may come twice then.");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_export(host.context, *f); }; });
}

} // namespace callboard
