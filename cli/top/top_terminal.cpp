#include "cli/top/top_terminal.hpp"

#include "cli/top/top_screen.hpp"
#include "cli/top/top_source.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdint>

#include "files/descriptor.hpp"

// The last one: it defines short words as macros.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace callboard {

namespace {

/// How long a redraw is put off at most, so that the time since the start goes on.
constexpr int tick_ms = 1000;
/// What follows an Escape within this is a key of its own, such as an arrow.
constexpr int escape_ms = 25;

/// For the signals that end a program: the loop ends, and the terminal is restored.
volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int) {
  interrupted = 1;
}

/// Signals end the loop; a window that changes its size is ncurses' own.
class signal_guard {
public:
  signal_guard() {
    interrupted = 0;
    struct sigaction note {};
    note.sa_handler = note_interrupt; // no SA_RESTART: poll returns
    for (size_t i = 0; i < count; ++i)
      ::sigaction(numbers[i], &note, &before_[i]);
  }
  ~signal_guard() {
    for (size_t i = 0; i < count; ++i)
      ::sigaction(numbers[i], &before_[i], nullptr);
  }
  signal_guard(const signal_guard&) = delete;
  signal_guard& operator=(const signal_guard&) = delete;

private:
  static constexpr size_t count = 3;
  static constexpr int numbers[count] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[count] {};
};

/// The terminal while ncurses has it.
class curses {
public:
  curses() {
    std::setlocale(LC_CTYPE, "");
    set_escdelay(escape_ms);
    screen_ = newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr)
      throw command_failure{exit_usage, "this terminal cannot be used (TERM); `callboard top --once` prints a screen"};
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, true);
    nodelay(stdscr, true);
    curs_set(0);
    if (!has_colors() || start_color() != OK)
      return;
    use_default_colors();
    const short colours[] = {COLOR_GREEN, COLOR_BLUE, COLOR_YELLOW, COLOR_RED};
    for (short i = 0; i < 4; ++i)
      init_pair(static_cast<short>(i + 1), colours[i], -1);
    coloured_ = true;
  }
  ~curses() {
    endwin();
    delscreen(screen_);
  }
  curses(const curses&) = delete;
  curses& operator=(const curses&) = delete;

  void show(const top_screen& s) const {
    for (size_t y = 0; y < s.height(); ++y) {
      ::move(static_cast<int>(y), 0);
      for (size_t x = 0; x < s.width(); ++x) {
        const auto& spot = s.at(x, y);
        attrset(static_cast<int>(attributes_of(spot.as)));
        addstr(spot.glyph.c_str());
      }
    }
    refresh();
  }

private:
  attr_t attributes_of(look as) const {
    const auto colour = [this](short pair, attr_t without) -> attr_t {
      return coloured_ ? static_cast<attr_t>(COLOR_PAIR(pair)) : without;
    };
    switch (as) {
    case look::plain:
      return A_NORMAL;
    case look::bold:
      return A_BOLD;
    case look::dim:
      return A_DIM;
    case look::head:
      return A_REVERSE;
    case look::chosen:
      return A_REVERSE | A_BOLD;
    case look::good:
      return colour(1, A_NORMAL);
    case look::busy:
      return colour(2, A_BOLD);
    case look::warning:
      return colour(3, A_BOLD);
    case look::bad:
      return colour(4, A_NORMAL) | A_BOLD;
    }
    return A_NORMAL;
  }

  SCREEN* screen_ = nullptr;
  bool coloured_ = false;
};

/// 0: a key that means nothing here.
char32_t key_of(int kind, wint_t code) {
  if (kind != KEY_CODE_YES)
    return code == L'\r' ? static_cast<char32_t>(key_enter)
           : code == 8   ? static_cast<char32_t>(key_backspace)
                         : static_cast<char32_t>(code);
  switch (code) {
  case KEY_UP:
    return key_up;
  case KEY_DOWN:
    return key_down;
  case KEY_PPAGE:
    return key_page_up;
  case KEY_NPAGE:
    return key_page_down;
  case KEY_BTAB:
    return key_back_tab;
  case KEY_BACKSPACE:
    return key_backspace;
  case KEY_ENTER:
    return key_enter;
  default:
    return 0;
  }
}

/// All keys that were pressed. False: quit.
bool take_keys(top_model& model, top_source& source) {
  wint_t code = 0;
  for (int kind = get_wch(&code); kind != ERR; kind = get_wch(&code)) {
    const auto act = model.press(key_of(kind, code));
    switch (act.what) {
    case top_act::kind::none:
      break;
    case top_act::kind::quit:
      return false;
    case top_act::kind::reload:
      source.list(model.view());
      break;
    default:
      source.act(act);
    }
  }
  return true;
}

} // namespace

void run_on_terminal(program_context& context, const client_flags& flags) {
  const descriptor news{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  top_model model{server_of(context, flags)};
  const curses terminal;
  const signal_guard signals;
  top_source source{context, flags, [&news] {
                      const uint64_t one = 1;
                      [[maybe_unused]] const auto n = ::write(news.get(), &one, sizeof one);
                    }};
  while (interrupted == 0) {
    terminal.show(
      draw_top(model, static_cast<size_t>(getmaxx(stdscr)), static_cast<size_t>(getmaxy(stdscr)), context.now()));
    pollfd wait[] = {{STDIN_FILENO, POLLIN, 0}, {news.get(), POLLIN, 0}};
    if (::poll(wait, 2, tick_ms) < 0 && errno != EINTR)
      return;
    if ((wait[0].revents & (POLLHUP | POLLERR)) != 0)
      return; // the terminal has gone
    uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(news.get(), &count, sizeof count);
    for (const auto& tell : source.take())
      tell(model);
    if (!take_keys(model, source))
      return;
  }
}

} // namespace callboard
