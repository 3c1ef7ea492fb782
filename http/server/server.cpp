#include "http/server/server.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"
#include "http/server/lane.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>

namespace callboard {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using lane_acceptor = asio::basic_socket_acceptor<tcp, lane_executor>;

error listen_error(const std::string& listen, ec code, const std::string& why) {
  return {code, "cannot listen on " + shown(std::string_view{listen}) + ": " + why, "http.listen"};
}

/// Reads HOST:PORT, with an IPv6 address in brackets; a name is looked up.
result<tcp::endpoint> listen_endpoint(asio::io_context& io, const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return listen_error(listen, ec::invalid_value, "HOST:PORT is expected, such as 127.0.0.1:8080 or [::1]:8080");
  const auto port = read_integer(std::string_view{listen}.substr(colon + 1), "port", 0, 65535);
  if (!port)
    return listen_error(listen, ec::invalid_value, port.err().message);
  auto host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  error_code code;
  const auto address = asio::ip::make_address(host, code);
  if (!code)
    return tcp::endpoint{address, static_cast<uint16_t>(*port)};
  tcp::resolver resolver{io};
  const auto found = resolver.resolve(host, std::to_string(*port), code);
  if (code || found.empty())
    return listen_error(listen, ec::invalid_value, "the host is not known: " + code.message());
  return found.begin()->endpoint();
}

} // namespace

struct http_server::impl {
  /// What is the server's in it.
  static api completed(api given, const std::shared_ptr<side_thread>& side) {
    given.bodies = std::make_shared<body_budget>(given.http.bodies_bytes_max);
    given.aside = [side](std::function<void()> work) { side->post(std::move(work)); };
    return given;
  }

  explicit impl(api given)
    : side(std::make_shared<side_thread>()), a(completed(std::move(given), side)),
      routes(a, all_routes()), state{a, routes, side} {
    const auto threads = std::max<uint32_t>(a.http.threads, 1);
    for (uint32_t i = 0; i < threads; ++i)
      lanes.push_back(std::make_unique<lane>(state, i));
    acceptor.emplace(lanes.front()->io().get_executor());
  }

  asio::awaitable<void, lane_executor> accept_loop() {
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<lane_executor>{});
    for (size_t turn = 0;; ++turn) {
      auto& to = *lanes[turn % lanes.size()];
      auto [code, socket] = co_await acceptor->async_accept(to.io(), as_result);
      if (code == asio::error::operation_aborted || !acceptor->is_open())
        break;
      if (code) {
        // Out of descriptors or memory: those who wait keep their place in the backlog until there is some.
        lane_timer pause{lanes.front()->io().get_executor()};
        pause.expires_after(http_limits::accept_retry);
        co_await pause.async_wait(as_result);
        continue;
      }
      // Only this loop adds, so the limit cannot be passed.
      const bool refused = state.open >= a.http.connections_max;
      if (refused && state.refusing >= http_limits::refusals_max)
        continue;
      ++(refused ? state.refusing : state.open);
      asio::post(to.io(), [&to, refused, s = std::move(socket)]() mutable { to.adopt(std::move(s), refused); });
    }
  }

  result<uint16_t> listen() {
    auto endpoint = listen_endpoint(lanes.front()->io(), a.http.listen);
    if (!endpoint)
      return std::move(endpoint).err();
    error_code code;
    acceptor->open(endpoint->protocol(), code);
    if (!code)
      acceptor->set_option(tcp::acceptor::reuse_address{true}, code);
    if (!code)
      acceptor->bind(*endpoint, code);
    if (!code)
      acceptor->listen(http_limits::accept_backlog, code);
    if (code)
      return listen_error(a.http.listen, ec::internal_error, code.message());
    return acceptor->local_endpoint().port();
  }

  void stop_accepting() {
    asio::post(lanes.front()->io(), [this] {
      error_code ignored;
      acceptor->close(ignored);
    });
  }

  void stop(duration grace) {
    const std::lock_guard once{stopping};
    if (!started)
      return;
    started = false;
    stop_accepting();
    state.draining = true;
    for (auto& l : lanes)
      asio::post(l->io(), [&lane = *l] { lane.drain(); });
    {
      std::unique_lock lock{state.mutex};
      state.changed.wait_for(lock, grace, [this] { return state.open == 0 && state.refusing == 0; });
    }
    state.large->stop();
    for (auto& l : lanes)
      l->stop();
  }

  const std::shared_ptr<side_thread> side;
  const api a;
  const router routes;
  server_state state;
  std::vector<std::unique_ptr<lane>> lanes;
  std::optional<lane_acceptor> acceptor; // after the lanes, so that it goes before them
  std::mutex stopping;
  bool started = false;
};

http_server::http_server(api a) : impl_(std::make_unique<impl>(std::move(a))) {
}

http_server::~http_server() {
  stop(duration{0});
}

result<uint16_t> http_server::start() {
  auto port = impl_->listen();
  if (!port)
    return port;
  const std::lock_guard lock{impl_->stopping};
  impl_->started = true;
  asio::co_spawn(impl_->lanes.front()->io(), impl_->accept_loop(), asio::detached);
  impl_->state.large->start();
  for (auto& l : impl_->lanes)
    l->start();
  return port;
}

void http_server::stop_accepting() {
  impl_->stop_accepting();
}

void http_server::stop(duration grace) {
  impl_->stop(grace);
}

uint32_t http_server::connections() const {
  return impl_->state.open;
}

} // namespace callboard
