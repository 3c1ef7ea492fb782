#include "handlers/exec/child_watch.hpp"

#include "handlers/failure.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace callboard {

namespace {

/// The descriptors wake the wait; this bounds it where one is missing.
constexpr std::chrono::milliseconds wait_max{250};
/// As above, for the end of the child, on kernels without pidfd_open(2).
constexpr std::chrono::milliseconds wait_max_without_pidfd{10};
/// From the start to the first look at the child, then between two looks: each time twice as long, up to this. Before
/// the first one nobody looks at the attempt's token either: most programs have ended by then, and need not pay for it.
constexpr std::chrono::milliseconds look_first{8};
constexpr std::chrono::milliseconds look_every{64};
/// Bytes read from one stream before the others get their turn: a pipe's default capacity.
constexpr size_t turn_bytes = 64u << 10;
/// A longer line of what the child writes goes on as another one.
constexpr size_t line_bytes_max = 4u << 10;
/// The most that a pipe can hold, as the system comes (fs.pipe-max-size).
constexpr size_t pipe_bytes_max = 1u << 20;

/// Writing to a child that reads no more must not end this process. The signal is blocked for this thread and taken
/// away again, because what other threads want of SIGPIPE is not ours to decide.
class without_sigpipe {
public:
  without_sigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~without_sigpipe() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {}
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;

private:
  sigset_t pipe_;
  sigset_t before_;
};

} // namespace

child_watch::child_watch(child_process child, reservation_guard& guard, std::string_view input,
                         uint64_t output_bytes_max, duration kill_grace, int soft_signal, output_lines::taker line)
  : output(output_bytes_max), errors(output_bytes_max), child_(std::move(child)), guard_(guard), input_(input),
    kill_grace_(kill_grace), soft_signal_(soft_signal), look_pause_(look_first), look_at_(clock::now() + look_first) {
  if (!line)
    return;
  output_lines_.emplace(line_bytes_max, line);
  error_lines_.emplace(line_bytes_max, std::move(line));
}

child_end child_watch::run(const handler_context& ctx, const std::function<void()>& look) {
  while (!wait(ctx)) {
    look_at_memory();
    stop_if_due(ctx);
    tell_soft_timeout_if_due(ctx);
    look();
  }
  const auto end = child_.reap();
  guard_.ended(end);
  // What was written before the end is in the pipes. A process that left the group may hold them open for ever, so
  // nobody waits for their end.
  take_rest(child_.output, output, output_lines_);
  take_rest(child_.errors, errors, error_lines_);
  for (auto* lines : {&output_lines_, &error_lines_})
    if (*lines)
      (*lines)->end();
  return end;
}

void child_watch::look_at_memory() {
  const auto now = clock::now();
  if (now < look_at_)
    return;
  is_short_ = false;
  look_at_ = now + look_pause_;
  look_pause_ = std::min<duration>(2 * look_pause_, look_every);
  if (!killed_ && !guard_.is_within(child_))
    kill();
}

void child_watch::tell_soft_timeout_if_due(const handler_context& ctx) {
  if (soft_signal_ == 0 || told_softly_ || stopped_ || killed_ || !ctx.token().soft_timed_out())
    return;
  told_softly_ = true;
  signal(soft_signal_);
}

void child_watch::stop_if_due(const handler_context& ctx) {
  // Why it was killed stays the reason.
  if (killed_)
    return;
  const auto now = clock::now();
  if (!stopped_ && must_stop(ctx)) {
    stopped_ = true;
    kill_at_ = now + kill_grace_;
    signal(SIGTERM);
  }
  // Another worker may run the attempt at any moment: no grace.
  const bool lost = ctx.token().why() == cancel_token::reason::lost;
  if (stopped_ && (lost || now >= kill_at_))
    kill();
}

void child_watch::signal(int number) {
  child_.signal_group(number);
  // A stopped process cannot see the signal.
  child_.signal_group(SIGCONT);
}

void child_watch::kill() {
  killed_ = true;
  child_.signal_group(SIGKILL);
  guard_.kill();
}

/// True once the child has ended.
bool child_watch::wait(const handler_context& ctx) {
  enum { in, out, err, ended, stop, soft };
  const bool is_left_alone = killed_ || stopped_ || is_short_;
  const bool awaits_soft = soft_signal_ != 0 && !told_softly_ && !is_left_alone;
  std::array<pollfd, 6> set{pollfd{child_.input.get(), POLLOUT, 0}, pollfd{child_.output.get(), POLLIN, 0},
                            pollfd{child_.errors.get(), POLLIN, 0}, pollfd{child_.ended_descriptor(), POLLIN, 0},
                            // Once set they stay readable.
                            pollfd{is_left_alone ? -1 : ctx.token().descriptor(), POLLIN, 0},
                            pollfd{awaits_soft ? ctx.token().soft_timeout_descriptor() : -1, POLLIN, 0}};
  const auto stop_at = killed_ ? clock::time_point::max() : stopped_ ? kill_at_ : ctx.deadline();
  const auto due = std::min(look_at_, stop_at);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock::now());
  const bool has_pidfd = child_.ended_descriptor() >= 0;
  const auto time = std::clamp(left, std::chrono::milliseconds{0}, has_pidfd ? wait_max : wait_max_without_pidfd);
  if (::poll(set.data(), set.size(), static_cast<int>(time.count())) > 0) {
    if (set[in].revents != 0)
      feed();
    if (set[out].revents != 0)
      take(child_.output, output, output_lines_);
    if (set[err].revents != 0)
      take(child_.errors, errors, error_lines_);
  }
  return has_pidfd ? set[ended].revents != 0 : child_.has_ended();
}

void child_watch::feed() {
  const without_sigpipe guard;
  while (!input_.empty()) {
    const auto n = ::write(child_.input.get(), input_.data(), input_.size());
    if (n > 0)
      input_.remove_prefix(static_cast<size_t>(n));
    else if (errno == EAGAIN)
      return;
    else if (errno != EINTR)
      break; // it reads no more, which is its own business
  }
  child_.input.reset();
}

/// One read of what poll(2) says is there; another one might block.
void child_watch::take(descriptor& from, captured_output& to, std::optional<output_lines>& lines) {
  std::array<char, turn_bytes> buffer;
  const auto n = ::read(from.get(), buffer.data(), buffer.size());
  if (n > 0) {
    const std::string_view bytes{buffer.data(), static_cast<size_t>(n)};
    to.add(bytes);
    if (lines)
      lines->add(bytes);
  } else if (n == 0)
    from.reset();
}

void child_watch::take_rest(descriptor& from, captured_output& to, std::optional<output_lines>& lines) {
  for (const auto before = to.total_bytes(); from && to.total_bytes() - before < pipe_bytes_max;) {
    pollfd p{from.get(), POLLIN, 0};
    if (::poll(&p, 1, 0) <= 0)
      return;
    take(from, to, lines);
  }
}

} // namespace callboard
