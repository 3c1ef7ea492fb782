#include "bench/peers/engine.hpp"

#include "bench/peers/socket.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <stdexcept>
#include <system_error>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds patience{60};

/// Waits for any of the sockets. Returns early after `limit`, if there is one.
void wait_for_any(std::vector<pollfd>& waiting, std::optional<std::chrono::nanoseconds> limit) {
  timespec left{};
  if (limit) {
    const auto ns = std::max<int64_t>(0, limit->count());
    left = {ns / 1'000'000'000, ns % 1'000'000'000};
  }
  if (::ppoll(waiting.data(), waiting.size(), limit ? &left : nullptr, nullptr) < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "poll");
}

} // namespace

submitted submit_jobs(const peer_protocol& protocol, const endpoint& server, const submit_plan& plan,
                      const payload_fn& payload) {
  struct lane {
    peer_socket socket;
    std::unique_ptr<submit_protocol> speaks;
    std::deque<steady::time_point> under_way;
  };
  std::vector<lane> lanes;
  for (uint32_t i = 0; i < plan.connections; ++i)
    lanes.push_back({peer_socket{server}, protocol.submitter(), {}});
  std::vector<pollfd> waiting(lanes.size());

  ::prctl(PR_SET_TIMERSLACK, 1); // as in load.cpp
  submitted result;
  uint64_t made = 0, answered = 0;
  const auto begin = steady::now();
  const auto length = std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(plan.seconds));
  const auto over = [&](steady::time_point now) {
    return (plan.jobs && made >= plan.jobs) || (plan.seconds > 0 && now - begin >= length);
  };
  const auto due_of = [&](uint64_t n) {
    return begin + std::chrono::duration_cast<steady::duration>(
                     std::chrono::duration<double>(static_cast<double>(n) / plan.rate));
  };
  const auto add = [&](lane& l, steady::time_point due) {
    l.speaks->submit(l.socket.out, payload(due));
    l.under_way.push_back(due);
    ++made;
  };
  const auto refill = [&](lane& l) {
    for (auto now = steady::now(); l.under_way.size() < plan.window && !over(now);)
      add(l, now);
    l.socket.flush();
  };

  if (plan.rate == 0)
    for (auto& l : lanes)
      refill(l);
  for (;;) {
    std::optional<std::chrono::nanoseconds> limit;
    const auto more = !over(steady::now());
    if (plan.rate > 0 && more) {
      while (!over(steady::now()) && due_of(made) <= steady::now()) {
        auto& l = lanes[made % lanes.size()];
        add(l, due_of(made));
        l.socket.flush();
      }
      limit = due_of(made) - steady::now();
    }
    if (!more && answered == made)
      break;
    for (size_t i = 0; i < lanes.size(); ++i)
      waiting[i] = {lanes[i].socket.descriptor(), lanes[i].socket.events(), 0};
    wait_for_any(waiting, limit);
    for (size_t i = 0; i < lanes.size(); ++i) {
      auto& l = lanes[i];
      if (waiting[i].revents & POLLOUT)
        l.socket.flush();
      if (!(waiting[i].revents & (POLLIN | POLLHUP | POLLERR)))
        continue;
      l.socket.receive();
      const auto now = steady::now();
      l.socket.in.erase(0, l.speaks->answers(l.socket.in, [&] {
        if (l.under_way.empty())
          throw std::runtime_error("an answer nobody asked for");
        result.latency.add(now - l.under_way.front());
        l.under_way.pop_front();
        ++answered;
      }));
      if (plan.rate == 0)
        refill(l);
    }
  }
  result.jobs = answered;
  result.elapsed = steady::now() - begin;
  return result;
}

work_force::work_force(const peer_protocol& protocol, const endpoint& server, const plan& p,
                       std::function<void(std::string_view)> run)
  : run_(std::move(run)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  for (uint32_t i = 0; i < p.threads; ++i)
    threads_.emplace_back([this, &protocol, server, p] {
      try {
        work(protocol, server, p);
      } catch (...) {
        const std::lock_guard guard(mutex_);
        failure_ = std::current_exception();
        changed_.notify_all();
      }
    });
}

work_force::~work_force() {
  ::eventfd_write(stop_, 1);
  for (auto& t : threads_)
    t.join();
  ::close(stop_);
}

void work_force::work(const peer_protocol& protocol, const endpoint& server, const plan& p) {
  struct lane {
    peer_socket socket;
    std::unique_ptr<work_protocol> speaks;
  };
  std::vector<lane> lanes;
  for (uint32_t i = 0; i < p.connections; ++i) {
    auto& l = lanes.emplace_back(lane{peer_socket{server}, protocol.worker(p.ahead)});
    l.speaks->open(l.socket.out);
    l.socket.flush();
  }
  const auto done = [this] {
    if (const auto n = ++done_; n == wanted_) {
      const std::lock_guard guard(mutex_);
      reached_ = n;
      reached_at_ = steady::now();
      changed_.notify_all();
    }
  };
  std::vector<pollfd> waiting(lanes.size() + 1);
  for (;;) {
    for (size_t i = 0; i < lanes.size(); ++i)
      waiting[i] = {lanes[i].socket.descriptor(), lanes[i].socket.events(), 0};
    waiting.back() = {stop_, POLLIN, 0};
    wait_for_any(waiting, std::nullopt);
    if (waiting.back().revents)
      return;
    for (size_t i = 0; i < lanes.size(); ++i) {
      auto& l = lanes[i];
      if (waiting[i].revents & (POLLIN | POLLHUP | POLLERR)) {
        l.socket.receive();
        l.socket.in.erase(0, l.speaks->arrived(l.socket.in, l.socket.out, run_, done));
      }
      if (waiting[i].revents)
        l.socket.flush();
    }
  }
}

steady::time_point work_force::wait_for(uint64_t jobs) {
  std::unique_lock guard(mutex_);
  wanted_ = jobs;
  if (done_ >= jobs)
    return steady::now(); // it was over before we asked
  for (;;) {
    const auto before = done_.load();
    if (changed_.wait_for(guard, patience, [&] { return reached_ == jobs || failure_; })) {
      if (failure_)
        std::rethrow_exception(failure_);
      return reached_at_;
    }
    if (done_ == before)
      throw std::runtime_error("stuck with " + std::to_string(before) + " of " + std::to_string(jobs) + " jobs done");
  }
}

} // namespace callboard::bench
