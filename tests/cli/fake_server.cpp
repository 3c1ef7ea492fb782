#include "tests/cli/fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <system_error>

namespace callboard::test {

namespace {

/// Bounds a client that stalls; says nothing about how fast anything is.
constexpr int patience_ms = 10'000;

int listen_somewhere(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 || ::listen(fd, 16) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) != 0)
    throw std::system_error{errno, std::generic_category(), "no port for a test"};
  port = ntohs(a.sin_port);
  return fd;
}

std::string header_value(const std::string& head, const char* name) {
  for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const auto begin = at + 2;
    const auto length = std::strlen(name);
    if (::strncasecmp(head.c_str() + begin, name, length) == 0 && head.compare(begin + length, 2, ": ") == 0)
      return head.substr(begin + length + 2, head.find("\r\n", begin) - begin - length - 2);
  }
  return {};
}

} // namespace

fake_server::fake_server(std::function<fake_answer(const fake_request&)> answer)
  : answer_(std::move(answer)), listener_(listen_somewhere(port_)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread{[this] { run(); }};
}

fake_server::~fake_server() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(stop_);
  ::close(listener_);
}

std::string fake_server::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<fake_request> fake_server::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

void fake_server::run() {
  for (;;) {
    pollfd fds[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR)
      return;
    if (fds[1].revents != 0)
      return;
    if (fds[0].revents == 0)
      continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) {
      serve(connection);
      ::close(connection);
    }
  }
}

void fake_server::serve(int connection) {
  std::string in;
  size_t head_end = std::string::npos, body_bytes = 0;
  while (head_end == std::string::npos || in.size() < head_end + 4 + body_bytes) {
    pollfd p{connection, POLLIN, 0};
    char part[4096];
    if (::poll(&p, 1, patience_ms) <= 0)
      return;
    const auto n = ::read(connection, part, sizeof part);
    if (n <= 0)
      return;
    in.append(part, static_cast<size_t>(n));
    if (head_end == std::string::npos && (head_end = in.find("\r\n\r\n")) != std::string::npos) {
      const auto length = header_value(in.substr(0, head_end + 2), "Content-Length");
      body_bytes = length.empty() ? 0 : std::stoul(length);
    }
  }
  const auto head = in.substr(0, head_end + 2);
  const auto first = head.find(' '), second = head.find(' ', first + 1);
  const fake_request request{head.substr(0, first), head.substr(first + 1, second - first - 1),
                             header_value(head, "Content-Type"), in.substr(head_end + 4),
                             header_value(head, "Last-Event-ID")};
  const bool follows = request.target.starts_with("/api/events");
  if (!follows || events_) {
    std::lock_guard lock{mutex_};
    requests_.push_back(request);
  }
  const auto answer = !follows  ? answer_(request)
                      : events_ ? events_(request)
                                : fake_answer{404, R"({"error":{"code":"not_found","message":"no events"}})"};
  if (answer.hang_up)
    return;
  auto out = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nConnection: close\r\nContent-Type: ";
  if (!answer.date.empty())
    out.insert(out.find("Connection:"), "Date: " + answer.date + "\r\n");
  out +=
    answer.stream ? "text/event-stream" : "application/json\r\nContent-Length: " + std::to_string(answer.body.size());
  out += "\r\n\r\n" + answer.body;
  for (size_t sent = 0; sent < out.size();) {
    const auto n = ::send(connection, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return;
    sent += static_cast<size_t>(n);
  }
}

std::string dead_url() {
  uint16_t port = 0;
  ::close(listen_somewhere(port));
  return "http://127.0.0.1:" + std::to_string(port);
}

} // namespace callboard::test
