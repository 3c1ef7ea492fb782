#include "handlers/isolated.hpp"

#include "handlers/attempt_channel.hpp"
#include "handlers/failure.hpp"
#include "handlers/signal_text.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using clock = std::chrono::steady_clock;

/// The descriptors wake the wait; this bounds it where one is missing.
constexpr std::chrono::milliseconds wait_max{250};

int64_t microseconds(const timeval& t) {
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_usec;
}

/// The worker's side of one attempt's process.
class isolated_run {
public:
  isolated_run(const fork_server& server, fork_server::child process, const attempt& a, handler_context& ctx,
               duration kill_grace)
    : server_(server), process_(std::move(process)), attempt_(a), ctx_(ctx), kill_grace_(kill_grace),
      to_send_(to_bytes(attempt_frame(a, ctx.deadline()))) {
  }

  attempt_outcome run() {
    while (!notice_) {
      tell_soft_timeout_if_due();
      stop_if_due();
      wait();
    }
    // What was said before the end is in the channel.
    if (process_.channel)
      listen();
    auto o = judge();
    o.usage.cpu_us = microseconds(notice_->usage.ru_utime) + microseconds(notice_->usage.ru_stime);
    o.usage.peak_memory_bytes = static_cast<uint64_t>(notice_->usage.ru_maxrss) * 1024;
    return o;
  }

private:
  void tell_soft_timeout_if_due() {
    if (told_softly_ || stopped_ || !ctx_.token().soft_timed_out())
      return;
    told_softly_ = true;
    to_send_ += to_bytes(soft_timeout_frame());
  }

  void stop_if_due() {
    const auto now = clock::now();
    if (!stopped_ && must_stop(ctx_)) {
      stopped_ = true;
      kill_at_ = now + kill_grace_;
      const auto why = ctx_.token().why();
      // Its own clock may not have reached the deadline yet.
      to_send_ += to_bytes(stop_frame(why == cancel_token::reason::none ? cancel_token::reason::timed_out : why));
    }
    const bool lost = ctx_.token().why() == cancel_token::reason::lost;
    if (stopped_ && !killed_ && (lost || now >= kill_at_))
      kill();
  }

  void kill() {
    killed_ = true;
    kill_at_ = clock::time_point::max();
    ::shutdown(process_.control.get(), SHUT_WR);
  }

  void wait() {
    enum { channel, control, stop, soft };
    const auto interest = static_cast<short>(sent_ == to_send_.size() ? POLLIN : POLLIN | POLLOUT);
    const bool awaits_soft = attempt_.soft_timeout > duration{0} && !told_softly_ && !stopped_;
    std::array<pollfd, 4> set{pollfd{process_.channel.get(), interest, 0}, pollfd{process_.control.get(), POLLIN, 0},
                              // Once set they stay readable.
                              pollfd{stopped_ ? -1 : ctx_.token().descriptor(), POLLIN, 0},
                              pollfd{awaits_soft ? ctx_.token().soft_timeout_descriptor() : -1, POLLIN, 0}};
    const auto left =
      std::chrono::ceil<std::chrono::milliseconds>((stopped_ ? kill_at_ : ctx_.deadline()) - clock::now());
    const auto time = std::clamp(left, std::chrono::milliseconds{0}, wait_max);
    if (::poll(set.data(), set.size(), static_cast<int>(time.count())) <= 0)
      return;
    if ((set[channel].revents & POLLOUT) != 0)
      feed();
    if ((set[channel].revents & ~POLLOUT) != 0)
      listen();
    if (set[control].revents != 0)
      take_notice();
  }

  void feed() {
    const auto rest = std::string_view{to_send_}.substr(sent_);
    const auto n = ::send(process_.channel.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
      sent_ += static_cast<size_t>(n);
    else if (errno != EAGAIN && errno != EINTR)
      sent_ = to_send_.size(); // it reads no more; its end follows
  }

  void listen() {
    std::array<char, 64u << 10> buffer;
    for (;;) {
      const auto n = ::recv(process_.channel.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return;
      if (n <= 0)
        return process_.channel.reset();
      arrived_.add({buffer.data(), static_cast<size_t>(n)});
      try {
        while (auto f = arrived_.next())
          take(*f);
      } catch (const std::runtime_error& e) {
        garbage_ = e.what();
        process_.channel.reset();
        return kill();
      }
    }
  }

  void take(const frame& f) {
    if (outcome_)
      throw std::runtime_error("a message after the outcome");
    switch (f.kind) {
    case frame_kind::progress: {
      const auto [percent, message] = read_progress(f);
      return ctx_.progress(percent, message);
    }
    case frame_kind::log:
      return ctx_.log(f.body);
    case frame_kind::checkpoint:
      if (f.body.size() > attempt_.checkpoint_bytes_max || !is_utf8(f.body))
        throw std::runtime_error("a checkpoint that is too long, or no UTF-8,");
      return ctx_.save_checkpoint(f.body);
    default:
      outcome_ = read_outcome(f);
    }
  }

  void take_notice() {
    fork_server::notice n;
    const auto size = ::recv(process_.control.get(), &n, sizeof n, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (size != static_cast<ssize_t>(sizeof n)) {
      server_.lost();
      n.what = fork_server::notice::kind::not_started;
      n.error = ECONNRESET;
    }
    notice_ = n;
  }

  attempt_outcome judge() {
    if (notice_->what == fork_server::notice::kind::not_started)
      return fail("HANDLER_START", "no process for the attempt: " + std::generic_category().message(notice_->error));
    if (outcome_ && garbage_.empty())
      return std::move(*outcome_);
    if (stopped_)
      return stopped(ctx_.token());
    if (!garbage_.empty())
      return fail("HANDLER_CRASHED", "the handler's process wrote " + garbage_ + " into its channel and was killed");
    const int status = notice_->status;
    auto what = WIFSIGNALED(status) ? "the handler's process was ended by " + signal_text(WTERMSIG(status))
                                    : "the handler's process ended with exit code " +
                                        std::to_string(WEXITSTATUS(status)) + " before the handler returned";
    if (attempt_.memory_bytes != 0)
      what += "; it used up to " + std::to_string(static_cast<uint64_t>(notice_->usage.ru_maxrss) * 1024) +
              " bytes of memory, its job reserved " + std::to_string(attempt_.memory_bytes);
    return fail("HANDLER_CRASHED", what);
  }

  const fork_server& server_;
  fork_server::child process_;
  const attempt& attempt_;
  handler_context& ctx_;
  const duration kill_grace_;
  std::string to_send_;
  size_t sent_ = 0;
  frame_splitter arrived_;
  std::optional<attempt_outcome> outcome_;
  std::string garbage_;
  std::optional<fork_server::notice> notice_;
  bool told_softly_ = false;
  bool stopped_ = false;
  bool killed_ = false;
  clock::time_point kill_at_ = clock::time_point::max();
};

class isolated final : public handler {
public:
  isolated(std::shared_ptr<handler> inner, std::shared_ptr<fork_server> server, duration kill_grace)
    : inner_(std::move(inner)), server_(std::move(server)), kill_grace_(kill_grace) {
  }
  std::string_view type() const override {
    return inner_->type();
  }
  std::string_view summary() const override {
    return inner_->summary();
  }
  std::string_view version() const override {
    return inner_->version();
  }
  duration cache_for() const override {
    return inner_->cache_for();
  }
  std::string_view schema() const override {
    return inner_->schema();
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    if (must_stop(ctx))
      return stopped(ctx.token());
    try {
      return isolated_run{*server_, server_->start(), a, ctx, kill_grace_}.run();
    } catch (const std::system_error& e) {
      return fail("HANDLER_START", std::string{"no process for the attempt: "} + e.what());
    }
  }

private:
  std::shared_ptr<handler> inner_;
  std::shared_ptr<fork_server> server_;
  duration kill_grace_;
};

} // namespace

std::shared_ptr<handler> make_isolated(std::shared_ptr<handler> inner, std::shared_ptr<fork_server> server,
                                       duration kill_grace) {
  return std::make_shared<isolated>(std::move(inner), std::move(server), kill_grace);
}

} // namespace callboard
