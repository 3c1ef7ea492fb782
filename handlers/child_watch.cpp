#include "handlers/child_watch.hpp"

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
/// From the start to the first look at the child's memory, then between two looks: each time twice as long, up to this.
constexpr std::chrono::milliseconds memory_sample_first{1};
constexpr std::chrono::milliseconds memory_sample_every{64};
/// Bytes read from one stream before the others get their turn: a pipe's default capacity.
constexpr size_t turn_bytes = 64u << 10;

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

child_watch::child_watch(child_process child, std::string_view input, uint64_t output_bytes_max, duration kill_grace)
  : output(output_bytes_max), errors(output_bytes_max), child_(std::move(child)), input_(input),
    kill_grace_(kill_grace), sample_pause_(memory_sample_first), sample_at_(clock::now() + sample_pause_) {
}

child_end child_watch::run(const handler_context& ctx) {
  do {
    sample_memory();
    stop_if_due(ctx);
    wait(ctx);
  } while (!child_.has_ended());
  const auto end = child_.reap();
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  if (end.usage.ru_maxrss > own.ru_maxrss)
    peak_memory_bytes_ = static_cast<uint64_t>(end.usage.ru_maxrss) * 1024;
  // What was written before the end is in the pipes. A process that left the group may hold them open for ever, so
  // nobody waits for their end.
  drain(child_.output, output);
  drain(child_.errors, errors);
  return end;
}

void child_watch::sample_memory() {
  const auto now = clock::now();
  if (now < sample_at_)
    return;
  sample_at_ = now + sample_pause_;
  sample_pause_ = std::min<duration>(2 * sample_pause_, memory_sample_every);
  peak_memory_bytes_ = std::max(peak_memory_bytes_, child_.peak_memory_now());
}

void child_watch::stop_if_due(const handler_context& ctx) {
  const auto now = clock::now();
  if (!stopped_ && must_stop(ctx)) {
    stopped_ = true;
    kill_at_ = now + kill_grace_;
    child_.signal_group(SIGTERM);
    // A stopped process cannot see the signal.
    child_.signal_group(SIGCONT);
  }
  // Another worker may run the attempt at any moment: no grace.
  const bool lost = ctx.token().why() == cancel_token::reason::lost;
  if (!killed_ && stopped_ && (lost || now >= kill_at_)) {
    killed_ = true;
    kill_at_ = clock::time_point::max();
    child_.signal_group(SIGKILL);
  }
}

void child_watch::wait(const handler_context& ctx) {
  enum { in, out, err, ended, stop };
  std::array<pollfd, 5> set{pollfd{child_.input.get(), POLLOUT, 0}, pollfd{child_.output.get(), POLLIN, 0},
                            pollfd{child_.errors.get(), POLLIN, 0}, pollfd{child_.ended_descriptor(), POLLIN, 0},
                            // Once stopped it stays readable.
                            pollfd{stopped_ ? -1 : ctx.token().descriptor(), POLLIN, 0}};
  const auto due = std::min(sample_at_, stopped_ ? kill_at_ : ctx.deadline());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock::now());
  const auto most = child_.ended_descriptor() < 0 ? wait_max_without_pidfd : wait_max;
  const auto time = std::clamp(left, std::chrono::milliseconds{0}, most);
  if (::poll(set.data(), set.size(), static_cast<int>(time.count())) <= 0)
    return;
  if (set[in].revents != 0)
    feed();
  if (set[out].revents != 0)
    drain(child_.output, output);
  if (set[err].revents != 0)
    drain(child_.errors, errors);
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

void child_watch::drain(descriptor& from, captured_output& to) {
  std::array<char, 16u << 10> buffer;
  for (size_t taken = 0; from && taken < turn_bytes;) {
    const auto n = ::read(from.get(), buffer.data(), buffer.size());
    if (n > 0) {
      taken += static_cast<size_t>(n);
      to.add({buffer.data(), static_cast<size_t>(n)});
    } else if (n == 0) {
      from.reset();
    } else if (errno != EINTR) {
      return;
    }
  }
}

} // namespace callboard
