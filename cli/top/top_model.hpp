#pragma once

#include "cli/top/top_rows.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// A key as the model knows it: a character, or one of these.
enum top_key : char32_t {
  key_enter = U'\n',
  key_escape = 0x1B,
  key_backspace = 0x7F,
  key_tab = U'\t',
  key_up = 0xE000, ///< from the range that Unicode leaves to us
  key_down,
  key_page_up,
  key_page_down,
  key_back_tab,
  key_interrupt,
};

/// What a key asks for and the model cannot do itself.
struct top_act {
  enum class kind { none, quit, reload, show, cancel, retry, drain, pause, resume };
  kind what = kind::none;
  pane of = pane::jobs; ///< where the target stands, for `show`
  std::string target;
};

/// Which jobs are listed; `v` takes the next.
enum class job_view { running, waiting, failed, all };
/// The `status` of the list; empty: all.
const char* statuses_of(job_view v);

/// Rates over the last minute, of counters that only grow; a scheduler that starts anew begins at zero.
class rate_window {
public:
  void add(time_point at, double submitted, double finished);
  /// Per second; none before there are two samples.
  std::optional<std::pair<double, double>> rates() const;

private:
  struct sample {
    time_point at;
    double submitted, finished;
  };
  std::deque<sample> samples_;
};

/// What `callboard top` shows and what its keys do. Pure: answers and keys in, rows and acts out.
class top_model {
public:
  explicit top_model(std::string server) : server_(std::move(server)) {
  }

  /// @param ready  what `/api/health` says. @param health, metrics, queues, workers, jobs  the answers
  void take_health(const nlohmann::ordered_json& health);
  void take_metrics(const nlohmann::ordered_json& metrics, time_point now);
  void take(pane p, const nlohmann::ordered_json& answer, time_point now);
  /// The scheduler does not answer. What was shown stays.
  void take_silence(const std::string& why);
  /// What became of an act, for the status line.
  void take_answer(std::string text, bool good);
  /// Lines about what was to be shown.
  void take_details(std::string title, std::vector<std::string> lines);

  top_act press(char32_t key);
  /// Rows of a pane that fit on the screen, so that the chosen one is among them; the drawing says so.
  void set_room(pane p, size_t rows);

  // For the drawing.
  struct counts {
    uint64_t waiting = 0, running = 0, failed = 0, workers_alive = 0, workers = 0, slots = 0, slots_busy = 0;
  };
  struct shown_pane {
    std::vector<top_row> rows; ///< filtered and sorted
    size_t chosen = 0, first = 0, order = 0;
    std::string filter;
  };
  enum class mode { rows, filter, confirm, details, help };

  const std::string& server() const {
    return server_;
  }
  const std::string& version() const {
    return version_;
  }
  const std::string& health() const {
    return health_;
  }
  const std::string& silence() const {
    return silence_;
  }
  std::optional<time_point> started() const {
    return started_;
  }
  const counts& numbers() const {
    return counts_;
  }
  std::optional<std::pair<double, double>> rates() const;
  const shown_pane& shown(pane p) const {
    return panes_[static_cast<size_t>(p)];
  }
  pane focus() const {
    return focus_;
  }
  mode now_in() const {
    return mode_;
  }
  job_view view() const {
    return view_;
  }
  /// What stands in the last line, and whether it is bad news.
  const std::string& status() const {
    return status_;
  }
  bool status_is_bad() const {
    return status_bad_;
  }
  const std::string& details_title() const {
    return details_title_;
  }
  const std::vector<std::string>& details() const {
    return details_;
  }
  size_t details_first() const {
    return details_first_;
  }

private:
  shown_pane& in_focus() {
    return panes_[static_cast<size_t>(focus_)];
  }
  void rebuild(pane p);
  void move(int by);
  top_act press_in_rows(char32_t key);
  top_act press_in_filter(char32_t key);
  top_act press_in_details(char32_t key);
  top_act confirm(char32_t key);
  /// Asks before it is done.
  top_act ask(top_act::kind what, const char* verb);
  void say(std::string text, bool bad = false);

  std::string server_, version_, health_ = "asking", silence_;
  std::optional<time_point> started_;
  counts counts_;
  rate_window rates_;
  std::optional<std::pair<double, double>> told_rates_; ///< the scheduler's own, until there are ours
  std::array<std::vector<top_row>, pane_count> all_;
  std::array<shown_pane, pane_count> panes_;
  std::array<size_t, pane_count> room_{5, 5, 5, 5};
  pane focus_ = pane::jobs;
  mode mode_ = mode::rows;
  job_view view_ = job_view::running;
  top_act wish_;
  std::string status_, details_title_;
  bool status_bad_ = false;
  std::vector<std::string> details_;
  size_t details_first_ = 0;
};

} // namespace callboard
