#include "cli/top/top_model.hpp"

#include "cli/format.hpp"
#include "cli/job_print.hpp"
#include "core/base/rfc3339.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr duration rate_span = std::chrono::minutes{1};

bool has_text(const top_row& row, const std::string& text) {
  return text.empty() || std::any_of(row.cells.begin(), row.cells.end(),
                                     [&](const top_cell& c) { return c.text.find(text) != std::string::npos; });
}

const char* name_of(pane p) {
  switch (p) {
  case pane::queues:
    return "queue";
  case pane::types:
    return "type";
  case pane::workers:
    return "worker";
  case pane::jobs:
    return "job";
  }
  return "";
}

} // namespace

const char* statuses_of(job_view v) {
  switch (v) {
  case job_view::running:
    return "running";
  case job_view::waiting:
    return "queued,scheduled,retrying";
  case job_view::failed:
    return "failed";
  case job_view::all:
    return "";
  }
  return "";
}

void rate_window::add(time_point at, double submitted, double finished) {
  if (!samples_.empty() && (submitted < samples_.back().submitted || finished < samples_.back().finished))
    samples_.clear();
  samples_.push_back({at, submitted, finished});
  while (samples_.size() > 2 && samples_[1].at <= at - rate_span)
    samples_.pop_front();
}

std::optional<std::pair<double, double>> rate_window::rates() const {
  if (samples_.size() < 2 || samples_.back().at <= samples_.front().at)
    return std::nullopt;
  const auto &a = samples_.front(), &b = samples_.back();
  const auto seconds = std::chrono::duration<double>(b.at - a.at).count();
  return std::pair{(b.submitted - a.submitted) / seconds, (b.finished - a.finished) / seconds};
}

std::optional<std::pair<double, double>> top_model::rates() const {
  const auto ours = rates_.rates();
  return ours ? ours : told_rates_;
}

void top_model::take_health(const json& health) {
  silence_.clear();
  version_ = printable(member_text(health, "version"));
  started_ = parse_rfc3339(member_text(health, "startedAt"));
  health_ = member_text(health, "ready") == "true" ? "ready" : "not ready";
  if (const auto components = health.find("components"); components != health.end() && components->is_array())
    for (const auto& c : *components)
      if (c.is_object() && member_text(c, "ok") == "false")
        health_ += ", " + printable(member_text(c, "name") + ": " + member_text(c, "detail"));
}

void top_model::take_metrics(const json& m, time_point now) {
  if (const auto states = m.find("byStatus"); states != m.end() && states->is_object()) {
    counts_.waiting =
      member_count(*states, "queued") + member_count(*states, "scheduled") + member_count(*states, "retrying");
    counts_.running = member_count(*states, "running");
    counts_.failed = member_count(*states, "failed");
  }
  rates_.add(now, member_number(m, "submitted"),
             member_number(m, "completed") + member_number(m, "failed") + member_number(m, "cancelled"));
  told_rates_ = std::pair{member_number(m, "submittedPerSecond"), member_number(m, "finishedPerSecond")};
  take(pane::types, m, now);
}

void top_model::take(pane p, const json& answer, time_point now) {
  all_[static_cast<size_t>(p)] = rows_of(p, answer, now);
  rebuild(p);
  const auto workers = answer.find("workers");
  if (p != pane::workers || workers == answer.end() || !workers->is_array())
    return;
  counts_.workers = counts_.workers_alive = counts_.slots = counts_.slots_busy = 0;
  for (const auto& w : *workers) {
    const auto status = member_text(w, "status");
    const bool alive = (status == "idle" || status == "working") && member_text(w, "suspect") != "true";
    ++counts_.workers;
    counts_.workers_alive += alive ? 1 : 0;
    counts_.slots += alive ? member_count(w, "capacity") : 0;
    counts_.slots_busy += alive ? member_count(w, "currentJobs") : 0;
  }
}

void top_model::take_silence(const std::string& why) {
  silence_ = printable(why);
}

void top_model::take_answer(std::string text, bool good) {
  say(printable(text), !good);
}

void top_model::take_details(std::string title, std::vector<std::string> lines) {
  details_title_ = std::move(title);
  details_ = std::move(lines);
  details_first_ = 0;
  mode_ = mode::details;
  status_.clear();
}

void top_model::say(std::string text, bool bad) {
  status_ = std::move(text);
  status_bad_ = bad;
}

void top_model::rebuild(pane p) {
  auto& s = panes_[static_cast<size_t>(p)];
  // What is chosen stays chosen, wherever it goes.
  const auto id = s.chosen < s.rows.size() ? s.rows[s.chosen].id : std::string{};
  s.rows.clear();
  for (const auto& row : all_[static_cast<size_t>(p)])
    if (has_text(row, s.filter))
      s.rows.push_back(row);
  sort_rows(s.rows, orders_of(p)[s.order]);
  const auto same = std::find_if(s.rows.begin(), s.rows.end(), [&](const top_row& r) { return r.id == id; });
  if (same != s.rows.end())
    s.chosen = static_cast<size_t>(same - s.rows.begin());
  s.chosen = s.rows.empty() ? 0 : std::min(s.chosen, s.rows.size() - 1);
  set_room(p, room_[static_cast<size_t>(p)]);
}

void top_model::set_room(pane p, size_t rows) {
  auto& s = panes_[static_cast<size_t>(p)];
  room_[static_cast<size_t>(p)] = rows;
  if (s.chosen < s.first)
    s.first = s.chosen;
  if (rows > 0 && s.chosen >= s.first + rows)
    s.first = s.chosen + 1 - rows;
  if (s.first + rows > s.rows.size())
    s.first = s.rows.size() > rows ? s.rows.size() - rows : 0;
}

void top_model::move(int by) {
  auto& s = in_focus();
  if (s.rows.empty())
    return;
  const auto last = static_cast<int64_t>(s.rows.size()) - 1;
  s.chosen = static_cast<size_t>(std::clamp<int64_t>(static_cast<int64_t>(s.chosen) + by, 0, last));
  set_room(focus_, room_[static_cast<size_t>(focus_)]);
}

top_act top_model::ask(top_act::kind what, const char* verb) {
  const auto& s = in_focus();
  if (s.rows.empty()) {
    say("nothing is chosen", true);
    return {};
  }
  wish_ = {what, focus_, s.rows[s.chosen].id};
  mode_ = mode::confirm;
  say(std::string{verb} + " " + name_of(focus_) + " " + printable(wish_.target) + "? [y/N]");
  return {};
}

top_act top_model::press(char32_t key) {
  using kind = top_act::kind;
  if (key == key_interrupt)
    return {kind::quit, focus_, {}};
  switch (mode_) {
  case mode::filter:
    return press_in_filter(key);
  case mode::confirm:
    return confirm(key);
  case mode::details:
  case mode::help:
    return press_in_details(key);
  case mode::rows:
    break;
  }
  return press_in_rows(key);
}

top_act top_model::press_in_rows(char32_t key) {
  using kind = top_act::kind;
  const auto page = static_cast<int>(std::max<size_t>(room_[static_cast<size_t>(focus_)], 1));
  const auto step = [this](size_t by) {
    focus_ = static_cast<pane>((static_cast<size_t>(focus_) + by) % pane_count);
    say({});
  };
  const auto only_in = [&](pane p, kind what, const char* verb) {
    if (focus_ == p)
      return ask(what, verb);
    say(std::string{"that key is for a "} + name_of(p) + "; Tab goes to the next pane", true);
    return top_act{};
  };
  switch (key) {
  case U'q':
    return {kind::quit, focus_, {}};
  case key_tab:
    step(1);
    break;
  case key_back_tab:
    step(pane_count - 1);
    break;
  case U'j':
  case key_down:
    move(1);
    break;
  case U'k':
  case key_up:
    move(-1);
    break;
  case key_page_down:
    move(page);
    break;
  case key_page_up:
    move(-page);
    break;
  case U's': {
    auto& s = in_focus();
    s.order = (s.order + 1) % orders_of(focus_).size();
    rebuild(focus_);
    say("sorted by " + std::string{columns_of(focus_)[orders_of(focus_)[s.order].front()].title});
    break;
  }
  case U'v':
    view_ = static_cast<job_view>((static_cast<size_t>(view_) + 1) % 4);
    return {kind::reload, focus_, {}};
  case U'/':
    mode_ = mode::filter;
    break;
  case U'?':
    mode_ = mode::help;
    break;
  case key_enter:
    if (const auto& s = in_focus(); !s.rows.empty())
      return {kind::show, focus_, s.rows[s.chosen].id};
    break;
  case U'c':
    return only_in(pane::jobs, kind::cancel, "cancel");
  case U'r':
    return only_in(pane::jobs, kind::retry, "retry");
  case U'd':
    return only_in(pane::workers, kind::drain, "drain");
  case U'p':
    if (const auto& s = in_focus();
        focus_ == pane::queues && !s.rows.empty() && s.rows[s.chosen].cells.back().text == "paused")
      return ask(kind::resume, "resume");
    return only_in(pane::queues, kind::pause, "pause");
  default:
    break;
  }
  return {};
}

top_act top_model::press_in_filter(char32_t key) {
  auto& filter = in_focus().filter;
  if (key == key_enter) {
    mode_ = mode::rows;
  } else if (key == key_escape) {
    filter.clear();
    mode_ = mode::rows;
  } else if (key == key_backspace) {
    // A whole character of UTF-8.
    while (!filter.empty() && (static_cast<unsigned char>(filter.back()) & 0xC0) == 0x80)
      filter.pop_back();
    if (!filter.empty())
      filter.pop_back();
  } else if (key >= U' ' && key < U'\x7F') {
    filter += static_cast<char>(key);
  } else if (key >= 0xA0 && key < 0x800) {
    filter += static_cast<char>(0xC0 | (key >> 6));
    filter += static_cast<char>(0x80 | (key & 0x3F));
  }
  rebuild(focus_);
  return {};
}

top_act top_model::press_in_details(char32_t key) {
  const auto at_end = details_first_ + 1 >= details_.size();
  if ((key == U'j' || key == key_down) && !at_end && mode_ == mode::details)
    ++details_first_;
  else if ((key == U'k' || key == key_up) && details_first_ > 0)
    --details_first_;
  else if (key == U'q' || key == key_escape || key == key_enter || key == U'?')
    mode_ = mode::rows;
  return {};
}

top_act top_model::confirm(char32_t key) {
  mode_ = mode::rows;
  if (key != U'y' && key != U'Y') {
    say("nothing was done");
    return {};
  }
  say("asking the scheduler ...");
  return std::exchange(wish_, {});
}

} // namespace callboard
