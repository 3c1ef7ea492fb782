#include "config/setting_table.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace callboard {

namespace {

constexpr auto sections = std::to_array<std::pair<std::string_view, std::string_view>>({
  {"http", "The REST interface."},
  {"jobs", "What a job may ask for."},
  {"store", "Where jobs are kept."},
  {"cluster", "How workers and scheduler find and trust each other."},
  {"workers", "The local worker processes of `serve`, and what any `worker` does."},
  {"http_workers", "Workers that join over the REST interface, in any language."},
  {"autoscale", "The number of workers follows the queue."},
  {"schedules", "Jobs that are submitted by the clock."},
  {"templates", "Named definitions of jobs and workflows."},
  {"events", "The stream of what happens (GET /api/events)."},
  {"audit", "The record of administrative acts."},
  {"alerts", "What is watched, from when on it is told, and to whom (docs/alerts.md)."},
  {"webhooks", "Whom clients have subscribed to events (docs/webhooks.md)."},
  {"tracing", "Spans of jobs, for an OpenTelemetry collector (docs/tracing.md)."},
  {"breaker", "A worker on which jobs fail more often than elsewhere is kept back."},
  {"prices", "What computing costs, in millionths of a currency unit, for the usage in the metrics."},
  {"metrics", "What GET /metrics tells."},
  {"reports", "Statistics of jobs by day, for reports (docs/reports.md)."},
  {"scheduler", "The process as a whole."},
  {"log", "Lines on standard error."},
  {"handlers.smtp", "The mail server of email_send."},
  {"handlers.s3", "S3-compatible storage for file_upload."},
  {"handlers.sftp", "SFTP servers for file_upload."},
  {"handlers.files", "Which local files jobs may touch."},
  {"handlers.http", "What http_request may do."},
  {"handlers.exec", "What exec may do."},
  {"handlers.data", "What data_processing may use."},
});

} // namespace

const setting_row* find_setting(std::string_view key) {
  for (const auto& r : setting_table())
    if (r.key == key)
      return &r;
  return nullptr;
}

const setting_row* nearest_setting(std::string_view key) {
  const setting_row* best = nullptr;
  // A third of it wrong is a typo; more is something else.
  size_t least = std::max<size_t>(2, key.size() / 3) + 1;
  for (const auto& r : setting_table())
    if (const auto d = edit_distance(key, r.key); d < least) {
      least = d;
      best = &r;
    }
  // The beginning of a key is far from it, and yet what was meant: `jobs.tags` for `jobs.tags_max`.
  for (const auto& r : setting_table())
    if (best == nullptr && r.key.starts_with(key) && key.size() > section_of(r.key).size() + 1)
      best = &r;
  return best;
}

std::string environment_name(const setting_row& row) {
  std::string name = "CALLBOARD_";
  for (const char c : row.key)
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string_view section_of(std::string_view key) {
  return key.substr(0, key.rfind('.'));
}

std::string_view section_sentence(std::string_view section) {
  for (const auto& [name, sentence] : sections)
    if (name == section)
      return sentence;
  return {};
}

std::vector<std::string_view> setting_sections() {
  std::vector<std::string_view> names;
  names.reserve(std::size(sections));
  for (const auto& [name, sentence] : sections)
    names.push_back(name);
  return names;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before = std::exchange(last, now);
  }
  return last[b.size()];
}

} // namespace callboard
