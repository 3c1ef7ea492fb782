#include "cli/format.hpp"
#include "cli/top/top_model.hpp"
#include "cli/top/top_screen.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

constexpr size_t width_min = 40, height_min = 14;
/// Of a pane that is not in focus: its head and these.
constexpr size_t rows_aside_max = 4;
constexpr size_t header_lines = 2;

constexpr std::array<std::string_view, 18> help_lines{
  "Tab, Shift-Tab   the next pane, the one before",
  "j k, arrows      down and up; Page Down, Page Up",
  "/                show rows with a text; Enter keeps it, Esc takes it away",
  "s                sort by something else",
  "v                jobs: running, waiting, failed, all",
  "Enter            show more of what is chosen; of a job, why it waits",
  "c                cancel the job",
  "r                retry the failed job",
  "d                drain the worker: it finishes its jobs, then leaves",
  "p                pause the queue, or resume it",
  "?                this help; Esc leaves it",
  "q                quit",
  "",
  "SLOTS            a square per slot, full while it is busy",
  "WAITING          ready to run, or waiting for a time or other jobs",
  "OLDEST           how long the oldest ready job of the queue has waited",
  "MEDIAN P90 P99   run times of attempts: half, 90 %, 99 % are shorter",
  "WHAT             progress of a job, or its error",
};

std::string one_decimal(double x) {
  const auto tenths = static_cast<int64_t>(x * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void draw_header(top_screen& s, const top_model& m, time_point now) {
  auto x = s.put(0, 0, "callboard " + m.version(), look::bold);
  x = s.put(x + 1, 0, m.server());
  if (!m.silence().empty()) {
    s.put(x + 2, 0, "no answer, trying again", look::bad);
    s.put(0, 1, m.silence(), look::bad);
    return;
  }
  x = s.put(x + 2, 0, m.health(), m.health() == "ready" ? look::good : look::bad);
  if (const auto started = m.started())
    x = s.put(x + 2, 0, "up " + short_duration(std::max(now - *started, duration{0})));
  if (const auto rates = m.rates())
    s.put(x + 2, 0, "in " + one_decimal(rates->first) + "/s out " + one_decimal(rates->second) + "/s");
  const auto& n = m.numbers();
  x = s.put(0, 1, std::to_string(n.waiting) + " waiting");
  x = s.put(x + 2, 1, std::to_string(n.running) + " running", look::busy);
  x = s.put(x + 2, 1, std::to_string(n.failed) + " failed", n.failed > 0 ? look::bad : look::dim);
  x = s.put(x + 2, 1, std::to_string(n.workers_alive) + "/" + std::to_string(n.workers) + " workers",
            n.workers_alive < n.workers || n.workers == 0 ? look::warning : look::plain);
  s.put(x + 2, 1, std::to_string(n.slots_busy) + "/" + std::to_string(n.slots) + " slots");
}

/// How wide each column is; a last one of texts takes what is left. Those that have no room are left out.
std::vector<size_t> widths_of(pane p, const top_model::shown_pane& shown, size_t width) {
  const auto& columns_there = columns_of(p);
  std::vector<size_t> out;
  size_t used = 0;
  for (size_t c = 0; c < columns_there.size(); ++c) {
    size_t wanted = columns(columns_there[c].title);
    for (const auto& row : shown.rows)
      wanted = std::max(wanted, columns(row.cells[c].text));
    // One long name must not take the place of all others.
    wanted = std::min(wanted, std::max<size_t>(width / 4, 16));
    if (c + 1 == columns_there.size() && !columns_there[c].right && used < width)
      wanted = width - used;
    if (used + wanted > width)
      break;
    out.push_back(wanted);
    used += wanted + 2;
  }
  return out;
}

void draw_pane(top_screen& s, const top_model& m, pane p, size_t y, size_t rows) {
  const auto& shown = m.shown(p);
  const bool focus = m.focus() == p;
  const auto& titles = columns_of(p);
  const auto widths = widths_of(p, shown, s.width());
  s.dress(y, focus ? look::head : look::bold);
  const auto place = [&](size_t x, size_t at, std::string_view text, size_t c, look as) {
    const auto blank = titles[c].right ? widths[c] - std::min(widths[c], columns(text)) : 0;
    s.put(x + blank, at, text, as, widths[c] - blank);
  };
  size_t x = 0;
  for (size_t c = 0; c < widths.size(); x += widths[c] + 2, ++c)
    place(x, y, titles[c].title, c, focus ? look::head : look::bold);
  auto note = p == pane::jobs ? std::string{m.view() == job_view::running   ? "running"
                                            : m.view() == job_view::waiting ? "waiting"
                                            : m.view() == job_view::failed  ? "failed"
                                                                            : "all"}
                              : std::string{};
  if (!shown.filter.empty())
    note += (note.empty() ? "/" : " /") + shown.filter;
  if (shown.rows.size() > rows)
    note += (note.empty() ? "" : " ") + std::to_string(shown.chosen + 1) + " of " + std::to_string(shown.rows.size());
  if (const auto n = columns(note); n > 0 && n + 2 < s.width())
    s.put(s.width() - n - 1, y, note, focus ? look::head : look::dim);
  for (size_t i = 0; i < rows && shown.first + i < shown.rows.size(); ++i) {
    const auto& row = shown.rows[shown.first + i];
    const bool chosen = focus && shown.first + i == shown.chosen;
    x = 0;
    for (size_t c = 0; c < widths.size(); x += widths[c] + 2, ++c)
      place(x, y + 1 + i, row.cells[c].text, c, row.cells[c].as);
    if (chosen)
      s.dress(y + 1 + i, look::chosen);
  }
}

/// The rows of each pane: the one in focus gets what the others leave.
std::array<size_t, pane_count> share(const top_model& m, size_t lines) {
  std::array<size_t, pane_count> out{};
  const auto rows = lines > pane_count ? lines - pane_count : 0;
  const auto aside = std::max<size_t>(1, std::min(rows_aside_max, rows / pane_count));
  size_t left = rows;
  for (size_t p = 0; p < pane_count; ++p)
    if (static_cast<pane>(p) != m.focus()) {
      out[p] = std::min({aside, left, std::max<size_t>(m.shown(static_cast<pane>(p)).rows.size(), 1)});
      left -= out[p];
    }
  out[static_cast<size_t>(m.focus())] = left;
  return out;
}

template <class Lines>
void draw_lines(top_screen& s, std::string_view title, const Lines& lines, size_t first) {
  s.dress(header_lines, look::head);
  s.put(0, header_lines, title, look::head);
  for (size_t y = header_lines + 1; y + 1 < s.height() && first < lines.size(); ++y, ++first)
    s.put(0, y, lines[first]);
}

void draw_status(top_screen& s, const top_model& m) {
  const auto y = s.height() - 1;
  if (m.now_in() == top_model::mode::filter)
    s.put(0, y, "show rows with: " + m.shown(m.focus()).filter + "_", look::bold);
  else if (!m.status().empty())
    s.put(0, y, m.status(), m.status_is_bad() ? look::bad : look::bold);
  else if (m.now_in() == top_model::mode::rows)
    s.put(0, y, "Tab pane  jk move  / find  s sort  v jobs  Enter show  crdp act  ? help  q quit", look::dim);
  else
    s.put(0, y, "j/k move  Esc back", look::dim);
}

} // namespace

top_screen draw_top(top_model& m, size_t width, size_t height, time_point now) {
  top_screen s{width, height};
  if (width < width_min || height < height_min) {
    s.put(0, 0, "needs " + std::to_string(width_min) + "x" + std::to_string(height_min));
    return s;
  }
  draw_header(s, m, now);
  if (m.now_in() == top_model::mode::help) {
    draw_lines(s, "Keys", help_lines, 0);
  } else if (m.now_in() == top_model::mode::details) {
    draw_lines(s, m.details_title(), m.details(), m.details_first());
  } else {
    const auto rows = share(m, height - header_lines - 1);
    size_t y = header_lines;
    for (size_t p = 0; p < pane_count; ++p) {
      m.set_room(static_cast<pane>(p), rows[p]);
      draw_pane(s, m, static_cast<pane>(p), y, rows[p]);
      y += 1 + rows[p];
    }
  }
  draw_status(s, m);
  return s;
}

} // namespace callboard
