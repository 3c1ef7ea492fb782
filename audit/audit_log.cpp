#include "audit/audit_log.hpp"

#include "core/base/json_string.hpp"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace callboard {

namespace {

/// Records of one write.
constexpr size_t group_records_max = 1024;

audit_record record_of_process(std::string_view act, audit_outcome outcome) {
  audit_record r;
  r.act = act;
  r.actor.address = "local";
  r.outcome = std::move(outcome);
  return r;
}

} // namespace

audit_log::audit_log(std::filesystem::path directory, audit_bounds bounds, std::function<time_point()> clock,
                     std::function<void(const std::string&)> tell)
  : directory_(directory), clock_(std::move(clock)), tell_(std::move(tell)), writer_(std::move(directory), bounds) {
}

audit_log::~audit_log() {
  stop(0);
}

void audit_log::begin(audit_record r, callback then) {
  add(std::move(r), std::move(then), false);
}

void audit_log::end(audit_record r, callback then) {
  add(std::move(r), std::move(then), true);
}

void audit_log::add(audit_record r, callback then, bool keep) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopped_) {
      work_.push_back({std::move(r), std::move(then), keep});
      changed_.notify_one();
      return;
    }
  }
  then(error{ec::shutting_down, "the audit log is closed; the scheduler is going down"});
}

result<done> audit_log::start(const std::string& version) {
  std::vector<audit_record> records;
  auto begun = writer_.begun_only();
  if (begun)
    for (auto& r : *begun) {
      r.intent = std::exchange(r.sequence, 0);
      r.at = {};
      r.outcome = audit_outcome{0, "unknown"};
      records.push_back(std::move(r));
    }
  auto own = record_of_process(audit_act_start, {200, {}});
  own.after = "{\"version\":";
  append_json_string(own.after, version);
  own.after += '}';
  records.push_back(std::move(own));
  auto ok = append(records);
  if (!ok)
    keep(std::move(records), 0);
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "audit-log");
  return begun ? ok : result<done>{begun.err()};
}

void audit_log::stop(int exit_code) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || !thread_.joinable()) {
      stopped_ = true;
      return;
    }
    auto last = record_of_process("scheduler.stop", {200, {}});
    last.after = "{\"exitCode\":" + std::to_string(exit_code) + "}";
    work_.push_back({std::move(last), [](const result<uint64_t>&) {}, true});
    stopped_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

audit_state audit_log::state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

void audit_log::run() {
  for (;;) {
    std::deque<item> group;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !work_.empty(); });
      if (work_.empty())
        return;
      if (work_.size() <= group_records_max) {
        group.swap(work_);
      } else {
        const auto end = work_.begin() + static_cast<std::ptrdiff_t>(group_records_max);
        group.assign(std::make_move_iterator(work_.begin()), std::make_move_iterator(end));
        work_.erase(work_.begin(), end);
      }
    }
    write(std::move(group));
  }
}

void audit_log::write(std::deque<item> group) {
  auto records = std::exchange(waiting_, {});
  const auto old = records.size();
  for (auto& i : group)
    records.push_back(std::move(i.record));
  const auto ok = append(records);
  for (size_t i = 0; i < group.size(); ++i)
    group[i].then(ok ? result<uint64_t>{records[old + i].sequence} : result<uint64_t>{ok.err()});
  if (ok)
    return;
  size_t kept = old;
  for (size_t i = 0; i < group.size(); ++i)
    if (group[i].keep) {
      if (kept != old + i)
        records[kept] = std::move(records[old + i]);
      ++kept;
    }
  records.resize(kept);
  keep(std::move(records), kept > audit_waiting_max ? kept - audit_waiting_max : 0);
}

result<done> audit_log::append(std::vector<audit_record>& records) {
  auto ok = writer_.append(records, clock_());
  note(ok, records.size());
  return ok;
}

void audit_log::note(const result<done>& ok, size_t records) {
  std::string news, break_news;
  {
    const std::lock_guard lock{mutex_};
    if (state_.broken != writer_.broken())
      break_news = "the chain of the audit log is broken: " + writer_.broken();
    state_.broken = writer_.broken();
    if (!ok) {
      if (state_.failing.empty())
        news = "the audit log cannot be written: " + ok.err().message;
      state_.failing = ok.err().message;
      ++state_.failures;
    } else {
      if (!state_.failing.empty())
        news = "the audit log can be written again";
      state_.failing.clear();
      state_.sequence = writer_.sequence();
      state_.hash = writer_.hash();
      state_.records += records;
      ++state_.writes;
    }
  }
  for (const auto& text : {news, break_news})
    if (!text.empty())
      tell_(text);
}

/// @param from  those before are lost.
void audit_log::keep(std::vector<audit_record> records, size_t from) {
  records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(from));
  waiting_ = std::move(records);
  const std::lock_guard lock{mutex_};
  state_.lost += from;
}

} // namespace callboard
