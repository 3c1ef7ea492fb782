#include "cli/doctor/checks.hpp"
#include "config/host_port.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "files/descriptor.hpp"

namespace callboard {

namespace {

/// Whoever does not answer within this is no scheduler of ours.
constexpr duration answer_patience = std::chrono::seconds{2};

struct address_list_closer {
  void operator()(addrinfo* a) const noexcept {
    ::freeaddrinfo(a);
  }
};

/// 0 when somebody could listen there now; else an errno. Nothing is listened to. @param why  of a name that is not
/// known
int try_port(const host_port& at, std::string& why) {
  addrinfo hints{}, *first = nullptr;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  const auto port = std::to_string(at.port);
  if (const int code = ::getaddrinfo(at.host.c_str(), port.c_str(), &hints, &first); code != 0) {
    why = ::gai_strerror(code);
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, address_list_closer> all{first};
  const descriptor socket{::socket(all->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  // As servers do it: a connection that has just been closed keeps nobody out.
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), all->ai_addr, all->ai_addrlen) != 0)
    return errno;
  return 0;
}

/// Where a client on this machine finds what listens there.
std::string url_of(host_port at) {
  if (at.host == "0.0.0.0")
    at.host = "127.0.0.1";
  else if (at.host == "::")
    at.host = "::1";
  return "http://" + to_string(at);
}

bool scheduler_answers(const host_port& at) {
  rest_client client{url_of(at), answer_patience};
  const auto answer = client.call("GET", "/api");
  if (!answer)
    return false;
  const auto body = nlohmann::json::parse(answer->body, nullptr, false);
  return body.is_object() && body.value("name", nlohmann::json{}) == "callboard";
}

/// Adds what is to be said of one port. @param ours  a scheduler of these settings runs and answers
void add(finding& all, const char* setting, const std::string& text, bool& ours) {
  const auto at = parse_host_port(text);
  const auto say = [&](check_result v, const std::string& what, const std::string& advice = {}) {
    all.text += (all.text.empty() ? "" : "; ") + std::string{setting} + " " + text + " " + what;
    if (v > all.result) {
      all.result = v;
      all.advice = advice;
    }
  };
  if (!at)
    return say(check_result::failed, "is no HOST:PORT", std::string{"set "} + setting);
  std::string why;
  const int code = try_port(*at, why);
  if (code == 0)
    return say(check_result::ok, "is free");
  if (code != EADDRINUSE)
    return say(check_result::failed,
               "cannot be listened to: " + (why.empty() ? std::generic_category().message(code) : why),
               code == EACCES ? "ports below 1024 need CAP_NET_BIND_SERVICE"
                              : std::string{"set "} + setting + " to an address of this machine");
  if (!ours)
    ours = scheduler_answers(*at);
  if (ours)
    return say(check_result::ok, "is held by a scheduler that runs");
  say(check_result::failed, "is taken by another program",
      "`ss -ltnp` shows which; end it, or set " + std::string{setting} + " to another port");
}

} // namespace

finding check_ports(const examined& x) {
  finding all;
  bool ours = false;
  add(all, "http.listen", x.config.http.listen, ours);
  add(all, "cluster.listen", x.config.cluster.listen, ours);
  return all;
}

} // namespace callboard
