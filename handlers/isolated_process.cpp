#include "handlers/attempt_channel.hpp"
#include "handlers/isolated.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <new>
#include <thread>

namespace callboard {

namespace {

/// Reads frames from the worker, waiting for them.
class frame_source {
public:
  explicit frame_source(int channel) : channel_(channel) {
  }
  /// Nothing once the worker has gone.
  std::optional<frame> next() {
    std::array<char, 64u << 10> buffer;
    for (;;) {
      if (auto f = arrived_.next())
        return f;
      const auto n = ::recv(channel_, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return std::nullopt;
      arrived_.add({buffer.data(), static_cast<size_t>(n)});
    }
  }

private:
  int channel_;
  frame_splitter arrived_;
};

/// The attempt as its handler sees it, with the worker at the other end of the channel.
class remote_context final : public handler_context {
public:
  remote_context(int channel, const sent_attempt& a) : channel_(channel), attempt_(a) {
  }
  const cancel_token& token() const override {
    return token_;
  }
  std::chrono::steady_clock::time_point deadline() const override {
    return attempt_.deadline;
  }
  fence_token fence() const override {
    return attempt_.order.fence;
  }
  void progress(int percent, std::string_view message) override {
    send(progress_frame(percent, message));
  }
  void save_checkpoint(std::string_view text) override {
    send({frame_kind::checkpoint, std::string{text}});
  }
  void log(std::string_view line) override {
    send({frame_kind::log, std::string{line}});
  }

  void send(const frame& f) {
    const auto bytes = to_bytes(f);
    const std::lock_guard lock{mutex_};
    for (std::string_view rest{bytes}; !rest.empty();) {
      const auto n = ::send(channel_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n > 0)
        rest.remove_prefix(static_cast<size_t>(n));
      else if (errno != EINTR)
        ::_exit(EXIT_FAILURE); // nobody is there any more who could want the outcome
    }
  }

private:
  int channel_;
  const sent_attempt& attempt_;
  cancel_token token_;
  std::mutex mutex_;
};

/// While it lives, this much may be allocated besides what the program has; 0: as much as there is.
class memory_limit {
public:
  explicit memory_limit(uint64_t bytes) {
    // The sixth number: pages of data and stack.
    std::ifstream statm{"/proc/self/statm"};
    uint64_t pages = 0;
    for (int i = 0; i < 6; ++i)
      statm >> pages;
    if (bytes == 0 || !statm || ::getrlimit(RLIMIT_DATA, &before_) != 0)
      return;
    const auto wanted = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) + bytes;
    const rlimit now{std::min<rlim_t>(wanted, before_.rlim_cur), before_.rlim_max};
    set_ = ::setrlimit(RLIMIT_DATA, &now) == 0;
  }
  ~memory_limit() {
    if (set_)
      ::setrlimit(RLIMIT_DATA, &before_);
  }
  memory_limit(const memory_limit&) = delete;
  memory_limit& operator=(const memory_limit&) = delete;

private:
  rlimit before_{};
  bool set_ = false;
};

attempt_outcome call(const handler_registry& handlers, const attempt& a, handler_context& ctx) {
  auto* h = handlers.find(a.type);
  if (!h)
    return fail("UNKNOWN_TYPE", "this worker has no handler for " + a.type);
  try {
    const memory_limit limit{a.memory_bytes};
    return h->run(a, ctx);
  } catch (const std::bad_alloc& e) {
    if (a.memory_bytes == 0)
      return fail("HANDLER_EXCEPTION", e.what());
    return fail("HANDLER_MEMORY_LIMIT",
                "the handler needs more than the " + std::to_string(a.memory_bytes) + " bytes that its job reserved");
  } catch (const std::exception& e) {
    return fail("HANDLER_EXCEPTION", e.what());
  } catch (...) {
    return fail("HANDLER_EXCEPTION", "the handler threw something that is not a std::exception");
  }
}

} // namespace

void run_isolated_attempt(descriptor channel, const handler_registry& handlers) {
  frame_source source{channel.get()};
  const auto first = source.next();
  if (!first)
    return;
  sent_attempt a;
  read_attempt(*first, a);
  remote_context ctx{channel.get(), a};
  std::thread listener{[&source, token = ctx.token()] {
    auto f = source.next();
    for (; f && f->kind == frame_kind::soft_timeout; f = source.next())
      token.tell_soft_timeout();
    token.cancel(f ? read_stop(*f) : cancel_token::reason::lost);
  }};
  ctx.send(outcome_frame(call(handlers, a.order, ctx)));
  ::shutdown(channel.get(), SHUT_RD);
  listener.join();
}

} // namespace callboard
