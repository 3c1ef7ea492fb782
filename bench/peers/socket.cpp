#include "bench/peers/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace callboard::bench {

peer_socket::peer_socket(const endpoint& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  ::inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
  if (!fd_ || ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot connect to port " + std::to_string(server.port));
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

void peer_socket::receive() {
  char part[65536];
  const auto n = ::read(fd_.get(), part, sizeof part);
  if (n > 0)
    in.append(part, static_cast<size_t>(n));
  else if (n == 0)
    throw std::runtime_error("the server closed a connection");
  else if (errno != EAGAIN && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "a connection was lost");
}

void peer_socket::flush() {
  size_t sent = 0;
  while (sent < out.size()) {
    const auto n = ::write(fd_.get(), out.data() + sent, out.size() - sent);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      break;
    if (n < 0)
      throw std::system_error(errno, std::generic_category(), "a connection was lost");
    sent += static_cast<size_t>(n);
  }
  out.erase(0, sent);
}

short peer_socket::events() const {
  return static_cast<short>(out.empty() ? POLLIN : POLLIN | POLLOUT);
}

} // namespace callboard::bench
