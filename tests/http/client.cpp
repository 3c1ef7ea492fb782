#include "tests/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace callboard::test {

namespace {

constexpr std::string_view content_length = "\r\nContent-Length: ";

api over(backend& b, http_settings http, job_settings jobs) {
  auto a = make_api(b);
  http.listen = "127.0.0.1:0";
  for (const auto* name : {"test", "t"})
    http.hosts.emplace_back(name);
  a.http = std::move(http);
  a.jobs = jobs;
  return a;
}

} // namespace

bool received::has(std::string_view line) const {
  return header.find("\r\n" + std::string{line} + "\r\n") != std::string::npos;
}

std::string received::code() const {
  const auto j = nlohmann::json::parse(body, nullptr, false);
  return j.is_object() && j.contains("error") ? j["error"]["code"].get<std::string>() : "none";
}

client::client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect");
}

client::~client() {
  ::close(fd_);
}

bool client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool client::fill() {
  char part[65536];
  const auto n = ::recv(fd_, part, sizeof part, 0);
  if (n <= 0)
    return false;
  in_.append(part, static_cast<size_t>(n));
  return true;
}

std::string client::take() {
  return std::exchange(in_, {});
}

received client::receive(bool head) {
  received r;
  size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos)
    if (!fill())
      return r;
  r.header = in_.substr(0, end + 2);
  const auto status = std::atoi(r.header.c_str() + sizeof "HTTP/1.1");
  size_t length = 0;
  if (const auto at = r.header.find(content_length); at != std::string::npos && !head)
    length = std::strtoull(r.header.c_str() + at + content_length.size(), nullptr, 10);
  while (in_.size() < end + 4 + length)
    if (!fill())
      return r;
  r.body = in_.substr(end + 4, length);
  in_.erase(0, end + 4 + length);
  r.status = status;
  return r;
}

bool client::closed_by_server() {
  while (fill())
    in_.clear();
  char byte = 0;
  // An orderly end or a reset, but not the limit of our patience.
  const auto n = ::recv(fd_, &byte, 1, 0);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

void client::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void client::reset() {
  const linger none{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  ::close(fd_);
  fd_ = -1;
}

std::string get(std::string_view target, std::string_view header) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{header} + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view header) {
  return "POST " + std::string{target} +
         " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string{header} + "\r\n" + std::string{body};
}

live::live(http_settings http, job_settings jobs) : server(over(back, std::move(http), jobs)) {
  const auto started = server.start();
  if (!started)
    throw std::runtime_error(started.err().message);
  port = *started;
}

bool live::healthy() {
  client c{port};
  return c.ask(post("/api/jobs/submit", R"({"jobType":"noop"})")).status == 201;
}

} // namespace callboard::test
