#pragma once

#include "core/job/commit_order.hpp"
#include "core/job/job_reaction.hpp"
#include "core/scheduler/scheduler.hpp"
#include "tests/core/scheduler/hand_disk.hpp"
#include "tests/support/job_builder.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace callboard::test {

/// The core with a port that writes down what it is told and does it when the test says so: jobs are records, the disk
/// is a map. After each event the core is checked.
class hand_world : public scheduler_port, public hand_disk {
public:
  explicit hand_world(decision_settings s = plain_settings()) : core(s, *this, 7) {
  }

  static decision_settings plain_settings() {
    decision_settings s;
    s.lease = std::chrono::seconds{30};
    s.breakers.enabled = false;
    return s;
  }

  moment now{noon, steady_point{std::chrono::hours{1000}}};
  bool disk_full = false;
  bool disk_held = false;                   ///< commits wait
  bool reader_held = false;                 ///< answers to questions wait
  std::vector<std::vector<job_id>> written; ///< jobs of each part, in order
  std::map<worker_id, node_orders> told;    ///< what workers were told, all together
  std::vector<std::string> trace;           ///< effects in their order, a word and the job's number each
  std::vector<std::string> said;
  std::vector<scheduler_event> events; ///< that were told
  uint64_t reads = 0;
  scheduler core;

  // -- the world's turn

  template <class Event>
  void happen(Event&& x) {
    core.on(x, now);
    end_turn();
  }
  void end_turn() {
    core.end_turn(now);
    core.sanity_check();
  }
  void open(std::map<std::string, membership> members = {}, uint64_t boot = 1) {
    core.on_opened({boot, job_id{}, std::move(members), {}, {}}, now);
    end_turn();
  }
  void start(std::map<std::string, membership> members = {}, uint64_t boot = 1) {
    open(std::move(members), boot);
    core.on_recovery_complete(now);
    end_turn();
    settle();
  }
  /// Runs jobs, the disk and the reader until nothing is left to do.
  void settle() {
    while (run_job() || run_disk() || run_reader() || go_on()) {}
  }
  /// What the core put off to a later turn.
  bool go_on() {
    if (core.next_wake().steady != steady_point{})
      return false;
    core.on_time(now);
    end_turn();
    return true;
  }
  /// Time goes by, on both clocks.
  void pass(duration d) {
    now.wall += d;
    now.steady += d;
    core.on_time(now);
    end_turn();
    settle();
  }
  /// One job handles its next event.
  bool run_job() {
    if (commands_.empty())
      return false;
    auto [rec, c] = std::move(commands_.front());
    commands_.pop_front();
    act(*rec, c);
    return true;
  }
  /// All that waits for the disk is written, or nothing of it.
  bool run_disk() {
    if (disk_held || parts_.empty())
      return false;
    commit_report report;
    if (disk_full)
      report.failed = error{ec::storage_unavailable, "no space left on device"};
    for (auto& p : std::exchange(parts_, {})) {
      put_in_order(p);
      refuse_purged(p);
      std::vector<job_id> ids;
      for (const auto& j : p.jobs) {
        ids.push_back(j.id);
        ++report.records;
        if (!disk_full)
          store(j);
      }
      if (!ids.empty() && !disk_full)
        written.push_back(std::move(ids));
      for (auto& [name, value] : p.meta)
        if (!disk_full)
          facts[name] = std::move(value);
      for (auto& name : p.meta_removed)
        if (!disk_full)
          facts.erase(name);
      std::move(p.notes.begin(), p.notes.end(), std::back_inserter(report.notes));
    }
    if (report.records != 0 || !report.notes.empty())
      happen(std::move(report));
    return true;
  }
  /// One question to the store is answered.
  bool run_reader() {
    if (!loads_.empty()) {
      auto ids = std::move(loads_.front());
      loads_.pop_front();
      auto x = read({ids, true, {}});
      core.on_loaded(ids, x, now);
      end_turn();
      return true;
    }
    if (reader_held || questions_.empty())
      return false;
    auto [request, ask] = std::move(questions_.front());
    questions_.pop_front();
    core.on_read(request, read(ask), now);
    end_turn();
    return true;
  }

  // -- clients

  using answers = std::shared_ptr<std::optional<result<submit_answers>>>;
  answers send(submit_request r) {
    auto got = std::make_shared<std::optional<result<submit_answers>>>();
    submit_call c;
    c.request = std::make_shared<submit_request>(std::move(r));
    c.reply = answer<submit_answers>{[got](result<submit_answers> x) { got->emplace(std::move(x)); }};
    happen(std::move(c));
    return got;
  }
  answers send(job_spec s) {
    submit_request r;
    r.jobs.push_back(std::move(s));
    return send(std::move(r));
  }
  job_id submit(job_spec s = job_builder{}.spec()) {
    auto got = send(std::move(s));
    settle();
    return (**got)->front()->id;
  }
  using schedule_answer = std::shared_ptr<std::optional<result<schedule_view>>>;
  /// A call about a schedule.
  template <class Call>
  schedule_answer ask_schedule(Call c) {
    auto got = std::make_shared<std::optional<result<schedule_view>>>();
    c.reply = answer<schedule_view>{[got](result<schedule_view> x) { got->emplace(std::move(x)); }};
    happen(std::move(c));
    return got;
  }
  using limit_answer = std::shared_ptr<std::optional<result<limit_view>>>;
  /// A call about a limit, to its end.
  limit_answer ask_limit(limit_call c) {
    auto got = std::make_shared<std::optional<result<limit_view>>>();
    c.reply = answer<limit_view>{[got](result<limit_view> x) { got->emplace(std::move(x)); }};
    happen(std::move(c));
    settle();
    return got;
  }
  using job_answer = std::shared_ptr<std::optional<result<job_ptr>>>;
  template <class Call>
  job_answer ask(Call c) {
    auto got = std::make_shared<std::optional<result<job_ptr>>>();
    c.reply = answer<job_ptr>{[got](result<job_ptr> x) { got->emplace(std::move(x)); }};
    happen(std::move(c));
    return got;
  }

  // -- workers

  worker_id join(const std::string& name, uint32_t slots = 1, bool local = true) {
    worker_arrival x;
    x.worker = worker_id{++last_worker_};
    x.registration.slots = slots;
    x.registration.local = local;
    x.registration.types = {"noop"};
    x.registration.boot_epoch = last_worker_;
    x.name = std::make_shared<const std::string>(name);
    const auto w = x.worker;
    happen(std::move(x));
    settle();
    return w;
  }
  void leave(worker_id w) {
    happen(worker_gone{w, "its lease ran out"});
    settle();
  }
  /// The order by which the worker runs the job; null: it was not told to.
  const attempt_order* order_of(worker_id w, job_id id) const {
    const auto i = told.find(w);
    if (i == told.end())
      return nullptr;
    const auto& run = i->second.run;
    const auto o = std::find_if(run.rbegin(), run.rend(), [id](const auto& x) { return x.job == id.value; });
    return o == run.rend() ? nullptr : &*o;
  }
  bool has(worker_id w, job_id id) const {
    return order_of(w, id) != nullptr;
  }
  void end(worker_id w, job_id id, attempt_outcome o = {}) {
    if (o.kind != outcome_kind::returned && o.started_at == time_point{})
      o.started_at = now.wall;
    o.finished_at = now.wall;
    worker_news news{w, {}, {}, {}};
    news.ended.push_back({{id.value, order_of(w, id)->fence}, std::move(o)});
    happen(std::move(news));
    settle();
  }
  void begin(worker_id w, job_id id) {
    worker_news news{w, {}, {}, {}};
    news.started.push_back({id.value, order_of(w, id)->fence, now.wall.time_since_epoch().count()});
    happen(std::move(news));
    settle();
  }

  void save(worker_id w, job_id id, std::string checkpoint) {
    worker_news news{w, {}, {}, {}};
    news.checkpoints.push_back({{id.value, order_of(w, id)->fence}, blob{std::move(checkpoint)}});
    happen(std::move(news));
    settle();
  }

  /// Jobs that are being written for the first time.
  std::vector<job_id> unwritten() const {
    std::vector<job_id> out;
    for (const auto& [id, rec] : actors_)
      if (disk.count(id) == 0)
        out.push_back(id);
    return out;
  }
  const job_entry* live(job_id id) const {
    return core.state().index.find(id);
  }

  // -- scheduler_port

  void spawn_job(job_id id, std::shared_ptr<job_record> rec) override {
    actors_[id] = std::move(rec);
  }
  void tell_job(job_id id, job_command c) override {
    commands_.emplace_back(actors_.at(id), std::move(c));
  }
  void tell_job(job_id, job_progress) override {
  }
  void read_job(job_id id, get_call call) override {
    call.reply.deliver(std::make_shared<const job_record>(*actors_.at(id)));
  }
  void drop_job(job_id id) override {
    actors_.erase(id);
  }
  void load_jobs(std::vector<job_id> ids) override {
    loads_.push_back(std::move(ids));
  }
  void read_store(uint64_t request, read_request r) override {
    ++reads;
    questions_.emplace_back(request, std::move(r));
  }
  /// Adds how many results there are.
  result<std::string> fill_in(const std::string& payload, const std::vector<job_record>& jobs) override {
    if (jobs.empty())
      return error{ec::not_found, "nothing is there"};
    return payload + std::to_string(jobs.size());
  }
  void use_type_rule(const std::string& type, const limit_rule& rule) override {
    trace.push_back("type rule " + type + " " + to_text(rule));
  }
  /// The result of the job before says how many elements there are, each of which is a number behind the payload.
  result<std::vector<std::string>> expand(const fan_out& f, const std::string& payload,
                                          const std::vector<job_record>& jobs) override {
    if (jobs.empty() || jobs.front().result.empty())
      return error{ec::not_found, "nothing is there"};
    const auto n = std::stoul(std::string{jobs.front().result.view()});
    if (n > f.max)
      return error{ec::out_of_range, std::to_string(n) + " of " + std::to_string(f.max)};
    std::vector<std::string> out;
    for (size_t i = 0; i < n; ++i)
      out.push_back(payload + std::to_string(i));
    return out;
  }
  void commit(commit_part part) override {
    trace.push_back(part.jobs.empty() ? part.meta_removed.empty() ? "write " + part.meta.front().first
                                                                  : "remove " + part.meta_removed.front()
                                      : "write " + std::to_string(part.jobs.size()));
    parts_.push_back(std::move(part));
  }
  std::string record_of(const schedule_definition& d) override {
    return d.name + " v" + std::to_string(d.version);
  }
  void order(worker_id w, node_orders x) override {
    auto& all = told[w];
    for (auto& o : x.run)
      trace.push_back("run " + o.type);
    const auto append = [](auto& to, auto& from) { std::move(from.begin(), from.end(), std::back_inserter(to)); };
    append(all.run, x.run);
    append(all.cancelled, x.cancelled);
    append(all.acknowledged, x.acknowledged);
    append(all.preempted, x.preempted);
  }
  void measured(metrics_delta delta) override {
    submitted += delta.submitted;
    stale_refused += delta.stale_refused;
    preempted += delta.preempted;
    cache_hits += delta.cache_hits;
    for (const auto& x : delta.samples)
      measured_runs += x.run.has_value();
  }
  void tell(std::vector<scheduler_event>&& more) override {
    for (auto& e : more)
      events.push_back(std::move(e));
  }
  void say(tone, const std::string& line) override {
    said.push_back(line);
  }
  uint64_t submitted = 0, stale_refused = 0, preempted = 0, cache_hits = 0, measured_runs = 0;

private:
  using actor = std::shared_ptr<job_record>;

  /// As its actor does it (actors/scheduler/job.cpp).
  void act(job_record& rec, job_command& c) {
    auto r = react(rec, c, {});
    if (r.order)
      return happen(job_placed{c.token, std::move(r.order), std::move(r.results_of), std::move(r.fan_out_job),
                               r.note.preemptible_after});
    if (!r.version)
      return happen(std::move(r.note));
    r.version->record = keep_version(r.written ? *r.written : rec);
    if (c.group != 0)
      return happen(group_part{c.group, std::move(*r.version), std::move(r.note)});
    commit(part_of(std::move(r), 0));
  }

  std::map<job_id, actor> actors_;
  std::deque<std::pair<actor, job_command>> commands_;
  std::vector<commit_part> parts_;
  std::deque<std::vector<job_id>> loads_;
  std::deque<std::pair<uint64_t, read_request>> questions_;
  uint64_t last_worker_ = 0;
};

} // namespace callboard::test
