#include "cli/top/top_rows.hpp"

#include "cli/format.hpp"
#include "cli/job_print.hpp"
#include "cli/limit_print.hpp"
#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// More slots than this are told as numbers.
constexpr size_t slot_cells_max = 16;

top_cell count_cell(uint64_t n, look as = look::plain) {
  return number_cell(static_cast<double>(n), std::to_string(n), n == 0 ? look::dim : as);
}

/// How long ago; what is older comes first.
top_cell age_cell(const json& object, const char* name, time_point now) {
  const auto text = member_text(object, name);
  const auto t = parse_rfc3339(text);
  if (!t)
    return number_cell(0, "");
  const auto age = std::max(now - *t, duration{0});
  return number_cell(static_cast<double>(age.count()),
                     short_duration(std::chrono::floor<std::chrono::seconds>(age) + duration{0}));
}

top_cell ms_cell(double ms) {
  return ms <= 0 ? number_cell(0, "") : number_cell(ms, short_duration(duration{static_cast<int64_t>(ms * 1000)}));
}

look look_of(const std::string& status) {
  if (status == "failed")
    return look::bad;
  if (status == "retrying" || status == "suspect" || status == "draining" || status == "kept back" ||
      status == "starting" || status == "stopping")
    return look::warning;
  if (status == "running" || status == "working")
    return look::busy;
  if (status == "completed" || status == "idle")
    return look::good;
  return look::plain;
}

top_row queue_row(const json& q, time_point now) {
  const auto state = limit_state(q);
  return {member_text(q, "name"),
          {text_cell(printable(member_text(q, "name"))),
           count_cell(member_count(q, "ready") + member_count(q, "waiting")),
           count_cell(member_count(q, "running"), look::busy), count_cell(member_count(q, "retrying"), look::warning),
           age_cell(q, "oldestReady", now), text_cell(printable(limits_text(q))),
           text_cell(state, state == "open" ? look::dim : look::warning)}};
}

top_row type_row(const std::string& name, const json& t) {
  const auto run = t.find("runTime");
  const auto time = [&](const char* member) {
    return ms_cell(run != t.end() && run->is_object() ? member_number(*run, member) : 0);
  };
  return {name,
          {text_cell(printable(name)), count_cell(member_count(t, "completed"), look::good),
           count_cell(member_count(t, "failed"), look::bad), count_cell(member_count(t, "retried"), look::warning),
           time("p50Ms"), time("p90Ms"), time("p99Ms")}};
}

/// Of a worker that has said it.
top_cell load_cell(const json& w) {
  const auto text = member_text(w, "loadPercent");
  return number_cell(member_number(w, "loadPercent"), text.empty() ? text : text + "%");
}

top_row worker_row(const json& w) {
  const auto slots = member_count(w, "capacity"), busy = member_count(w, "currentJobs");
  const auto breaker = w.find("breaker");
  const auto state = member_text(w, "suspect") == "true" ? std::string{"suspect"}
                     : breaker != w.end() && breaker->is_object() && member_text(*breaker, "state") == "open"
                       ? "kept back"
                     : member_text(w, "draining") == "true" ? "draining"
                                                            : member_text(w, "status");
  return {member_text(w, "id"),
          {text_cell(printable(member_text(w, "id"))), text_cell(state, look_of(state)),
           number_cell(static_cast<double>(busy), slot_cells(busy, slots, slot_cells_max), look::busy), load_cell(w),
           count_cell(member_count(w, "completed")), count_cell(member_count(w, "failed"), look::bad),
           text_cell(printable(member_text(w, "host")))}};
}

top_row job_row(const json& j, time_point now) {
  const auto status = member_text(j, "status");
  const auto error = j.find("error");
  const auto progress = j.find("progress");
  auto what = error != j.end() && error->is_object()
                ? member_text(*error, "code") + ": " + member_text(*error, "message")
              : progress != j.end() && progress->is_object()
                ? member_text(*progress, "percent") + "% " + member_text(*progress, "message")
                : std::string{};
  return {member_text(j, "id"),
          {text_cell(member_text(j, "id")), text_cell(printable(member_text(j, "type"))),
           text_cell(status, look_of(status)), text_cell(printable(member_text(j, "queue"))),
           count_cell(member_count(j, "attempt")),
           age_cell(j, status == "running" && j.contains("startedAt") ? "startedAt" : "createdAt", now),
           text_cell(printable(member_text(j, "workerID"))), text_cell(printable(what))}};
}

const json* list_in(const json& answer, const char* name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_array() ? &*found : nullptr;
}

bool comes_first(const top_row& a, const top_row& b, const std::vector<size_t>& order) {
  for (const auto column : order) {
    const auto &x = a.cells[column], &y = b.cells[column];
    if (x.is_number && x.number != y.number)
      return x.number > y.number;
    if (!x.is_number && x.text != y.text)
      return x.text < y.text;
  }
  return a.id < b.id;
}

} // namespace

const std::vector<top_column>& columns_of(pane p) {
  static const std::vector<top_column> all[pane_count] = {
    {{"QUEUE"}, {"WAITING", true}, {"RUNNING", true}, {"RETRYING", true}, {"OLDEST", true}, {"LIMITS"}, {"STATE"}},
    {{"TYPE"}, {"DONE", true}, {"FAILED", true}, {"RETRIED", true}, {"MEDIAN", true}, {"P90", true}, {"P99", true}},
    {{"WORKER"}, {"STATE"}, {"SLOTS"}, {"LOAD", true}, {"DONE", true}, {"FAILED", true}, {"HOST"}},
    {{"JOB"}, {"TYPE"}, {"STATUS"}, {"QUEUE"}, {"ATT", true}, {"SINCE", true}, {"WORKER"}, {"WHAT"}},
  };
  return all[static_cast<size_t>(p)];
}

const std::vector<std::vector<size_t>>& orders_of(pane p) {
  static const std::vector<std::vector<size_t>> all[pane_count] = {
    {{1, 2}, {2, 1}, {4}, {0}},
    {{2, 5}, {5}, {1}, {0}},
    {{0}, {2}, {5}, {1}},
    {{5}, {1}, {3}, {0}},
  };
  return all[static_cast<size_t>(p)];
}

std::vector<top_row> rows_of(pane p, const json& answer, time_point now) {
  std::vector<top_row> out;
  const auto each = [&](const char* list, const auto& row) {
    if (const auto* all = list_in(answer, list))
      for (const auto& x : *all)
        if (x.is_object())
          out.push_back(row(x));
  };
  switch (p) {
  case pane::queues:
    each("queues", [&](const json& q) { return queue_row(q, now); });
    break;
  case pane::types:
    if (const auto types = answer.find("types"); types != answer.end() && types->is_object())
      for (const auto& [name, t] : types->items())
        if (t.is_object())
          out.push_back(type_row(name, t));
    break;
  case pane::workers:
    each("workers", worker_row);
    break;
  case pane::jobs:
    each("jobs", [&](const json& j) { return job_row(j, now); });
    break;
  }
  return out;
}

void sort_rows(std::vector<top_row>& rows, const std::vector<size_t>& order) {
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return comes_first(a, b, order); });
}

std::string slot_cells(uint64_t busy, uint64_t slots, size_t cells_max) {
  if (slots > cells_max)
    return std::to_string(busy) + "/" + std::to_string(slots);
  std::string out;
  for (uint64_t i = 0; i < slots; ++i)
    out += i < busy ? "■" : "□";
  return out;
}

} // namespace callboard
