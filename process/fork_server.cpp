#include "process/fork_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace callboard {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::pair<descriptor, descriptor> make_pair_of(int type) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
    throw_errno("socketpair");
  return {descriptor{ends[0]}, descriptor{ends[1]}};
}

/// Room for two descriptors that go along with a message, aligned as the kernel wants it.
struct two_descriptors {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> bytes{};
};

bool send_pair(int to, int first, int second) {
  char byte = 0;
  iovec part{&byte, 1};
  two_descriptors room;
  msghdr m{};
  m.msg_iov = &part;
  m.msg_iovlen = 1;
  m.msg_control = room.bytes.data();
  m.msg_controllen = room.bytes.size();
  auto* head = CMSG_FIRSTHDR(&m);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int both[2] = {first, second};
  std::memcpy(CMSG_DATA(head), both, sizeof both);
  ssize_t n;
  do
    n = ::sendmsg(to, &m, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

enum class received { pair, nothing, end };

received receive_pair(int from, descriptor& first, descriptor& second) {
  char byte = 0;
  iovec part{&byte, 1};
  two_descriptors room;
  msghdr m{};
  m.msg_iov = &part;
  m.msg_iovlen = 1;
  m.msg_control = room.bytes.data();
  m.msg_controllen = room.bytes.size();
  const auto n = ::recvmsg(from, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n == 0)
    return received::end;
  const auto* head = n > 0 ? CMSG_FIRSTHDR(&m) : nullptr;
  if (!head || head->cmsg_len != CMSG_LEN(2 * sizeof(int)))
    return received::nothing;
  int both[2];
  std::memcpy(both, CMSG_DATA(head), sizeof both);
  first = descriptor{both[0]};
  second = descriptor{both[1]};
  return received::pair;
}

/// What stands in the buffers would be written by every process that is forked.
void flush_streams() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(nullptr);
}

/// A service manager may send it to every process of the service. It is the worker who says when an attempt is to stop,
/// and this must not be a crash; a handler and not SIG_IGN, because programs that are started later get the default.
void stay(int) {
}

class server_loop {
public:
  server_loop(descriptor requests, const fork_server::task& body) : requests_(std::move(requests)), body_(body) {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    ends_ = descriptor{::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!ends_)
      throw_errno("signalfd");
  }

  [[noreturn]] void run() {
    for (;;) {
      std::vector<pollfd> watched{{requests_.get(), POLLIN, 0}, {ends_.get(), POLLIN, 0}};
      std::vector<pid_t> pids;
      for (const auto& [pid, child] : children_) {
        // Once killed it stays readable.
        watched.push_back({child.killed ? -1 : child.control.get(), POLLIN, 0});
        pids.push_back(pid);
      }
      if (::poll(watched.data(), watched.size(), -1) < 0)
        continue;
      // Before ends are looked at, or a number might be another process's by then.
      for (size_t i = 0; i < pids.size(); ++i)
        if (watched[i + 2].revents != 0) {
          children_.at(pids[i]).killed = true;
          ::kill(-pids[i], SIGKILL);
        }
      if (watched[1].revents != 0)
        look_for_ends(pids);
      if (watched[0].revents != 0)
        take_request();
    }
  }

private:
  struct running {
    descriptor control;
    bool killed = false;
  };

  void take_request() {
    descriptor channel, control;
    switch (receive_pair(requests_.get(), channel, control)) {
    case received::nothing:
      return;
    case received::end: // the worker has gone; all groups go with us
      for (const auto& [pid, child] : children_)
        ::kill(-pid, SIGKILL);
      ::_exit(0);
    case received::pair:
      break;
    }
    const auto server = ::getpid();
    const auto pid = ::fork();
    if (pid == 0)
      become_child(server, std::move(channel), std::move(control));
    if (pid < 0)
      return tell(control, {.what = fork_server::notice::kind::not_started, .error = errno});
    // Also here, so that the group is there before a signal is sent to it.
    ::setpgid(pid, pid);
    children_[pid].control = std::move(control);
  }

  [[noreturn]] void become_child(pid_t server, descriptor channel, descriptor control) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != server)
      ::_exit(EXIT_FAILURE);
    control.reset();
    children_.clear();
    requests_.reset();
    ends_.reset();
    struct sigaction calm {};
    calm.sa_handler = stay;
    calm.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &calm, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_NAME, "attempt");
    int code = 0;
    try {
      body_(std::move(channel));
    } catch (const std::exception& e) {
      std::cerr << "the process of an isolated attempt gives up: " << e.what() << '\n';
      code = EXIT_FAILURE;
    }
    flush_streams();
    // Objects of the program that was forked have their ends there.
    ::_exit(code);
  }

  void look_for_ends(const std::vector<pid_t>& pids) {
    signalfd_siginfo info;
    while (::read(ends_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {}
    for (const auto pid : pids) {
      siginfo_t ended{};
      if (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != pid)
        continue;
      // What is left of its group, as long as the number is still the group's.
      ::kill(-pid, SIGKILL);
      fork_server::notice n;
      while (::wait4(pid, &n.status, 0, &n.usage) < 0 && errno == EINTR) {}
      tell(children_.at(pid).control, n);
      children_.erase(pid);
    }
  }

  static void tell(const descriptor& control, const fork_server::notice& n) {
    static_cast<void>(!::send(control.get(), &n, sizeof n, MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  descriptor requests_;
  const fork_server::task& body_;
  descriptor ends_;
  std::map<pid_t, running> children_;
};

} // namespace

fork_server::fork_server(task body, std::function<void()> on_lost) : on_lost_(std::move(on_lost)) {
  auto [ours, theirs] = make_pair_of(SOCK_SEQPACKET);
  flush_streams();
  const auto worker = ::getpid();
  server_ = ::fork();
  if (server_ < 0)
    throw_errno("fork");
  if (server_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != worker)
      ::_exit(EXIT_FAILURE);
    ::prctl(PR_SET_NAME, "fork-server");
    ours.reset();
    try {
      server_loop{std::move(theirs), body}.run();
    } catch (const std::exception& e) {
      // Its end tells the worker.
      std::cerr << "the fork server gives up: " << e.what() << '\n';
      ::_exit(EXIT_FAILURE);
    }
  }
  requests_ = std::move(ours);
}

fork_server::~fork_server() {
  requests_.reset();
  while (::waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {}
}

fork_server::child fork_server::start() {
  auto [channel, their_channel] = make_pair_of(SOCK_STREAM);
  auto [control, their_control] = make_pair_of(SOCK_SEQPACKET);
  if (!send_pair(requests_.get(), their_channel.get(), their_control.get())) {
    const auto code = errno;
    if (code == EPIPE || code == ECONNRESET)
      lost();
    throw std::system_error(code, std::generic_category(), "asking for a process");
  }
  if (::fcntl(channel.get(), F_SETFL, O_NONBLOCK) != 0)
    throw_errno("fcntl");
  return {std::move(channel), std::move(control)};
}

void fork_server::lost() const {
  on_lost_();
}

} // namespace callboard
