#include "bench/load.hpp"

#include "bench/rest_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <sys/prctl.h>

#include <array>
#include <deque>
#include <optional>
#include <stdexcept>

namespace callboard::bench {

namespace asio = boost::asio;

namespace {

struct under_way {
  uint64_t index;
  steady::time_point due;
};

} // namespace

class load_generator::state {
public:
  struct connection {
    connection(state& parent, asio::io_context& io) : owner(parent), socket(io) {
    }

    void read() {
      reading = true;
      socket.async_read_some(asio::buffer(part), [this](const boost::system::error_code& error, size_t n) {
        reading = false;
        if (error)
          throw std::runtime_error("a connection was lost: " + error.message());
        in.append(part.data(), n);
        take_answers();
        flush();
        if (!pending.empty() && !reading)
          read();
      });
    }

    void take_answers() {
      auto now = steady::now();
      size_t at = 0;
      for (;;) {
        if (!head)
          head = parse_head(std::string_view{in}.substr(at));
        if (!head || in.size() - at < head->head_bytes + head->body_bytes)
          break;
        if (pending.empty())
          throw std::runtime_error("an answer nobody asked for");
        auto request = pending.front();
        pending.pop_front();
        owner.seen({request.index, head->status, std::string_view{in}.substr(at + head->head_bytes, head->body_bytes),
                    request.due, now});
        at += head->head_bytes + head->body_bytes;
        head.reset();
        if (!owner.paced)
          add(now);
      }
      in.erase(0, at);
    }

    /// Queues the next request, if there is one.
    bool add(steady::time_point due) {
      if (!owner.make(owner.next, queued)) {
        owner.exhausted = true;
        return false;
      }
      pending.push_back({owner.next++, due});
      return true;
    }

    void flush() {
      if (queued.empty() || !writing.empty())
        return;
      writing.swap(queued);
      asio::async_write(socket, asio::buffer(writing), [this](const boost::system::error_code& error, size_t) {
        if (error)
          throw std::runtime_error("a connection was lost: " + error.message());
        writing.clear();
        flush();
      });
      if (!reading)
        read();
    }

    state& owner;
    asio::ip::tcp::socket socket;
    std::array<char, 65536> part;
    std::string in, queued, writing;
    std::optional<response_head> head;
    std::deque<under_way> pending;
    bool reading = false;
  };

  state(const endpoint& server, uint32_t count) {
    asio::ip::tcp::resolver resolver(context);
    auto addresses = resolver.resolve(server.host, std::to_string(server.port));
    for (uint32_t i = 0; i < count; ++i) {
      auto& c = connections.emplace_back(std::make_unique<connection>(*this, context));
      asio::connect(c->socket, addresses);
      c->socket.set_option(asio::ip::tcp::no_delay(true));
    }
  }

  void begin(make_request_fn make_fn, response_fn seen_fn, bool open) {
    make = std::move(make_fn);
    seen = std::move(seen_fn);
    paced = open;
    exhausted = false;
    next = 0;
    context.restart();
  }

  void send_due() {
    auto now = steady::now();
    while (!exhausted) {
      auto due = begun + std::chrono::duration_cast<steady::duration>(interval * static_cast<double>(next));
      if (due > now)
        break;
      auto& c = *connections[next % connections.size()];
      if (c.add(due))
        c.flush();
    }
    if (exhausted)
      return;
    timer.expires_at(begun + std::chrono::duration_cast<steady::duration>(interval * static_cast<double>(next)));
    timer.async_wait([this](const boost::system::error_code&) { send_due(); });
  }

  asio::io_context context{1};
  asio::steady_timer timer{context};
  std::vector<std::unique_ptr<connection>> connections;
  make_request_fn make;
  response_fn seen;
  bool paced = false;
  bool exhausted = false;
  uint64_t next = 0;
  steady::time_point begun;
  std::chrono::duration<double> interval{0};
};

load_generator::load_generator(const endpoint& server, uint32_t connections)
  : state_(std::make_unique<state>(server, connections)) {
}

load_generator::~load_generator() = default;

void load_generator::closed_loop(uint32_t pipeline, make_request_fn make, response_fn seen) {
  state_->begin(std::move(make), std::move(seen), false);
  auto now = steady::now();
  for (uint32_t round = 0; round < pipeline; ++round)
    for (auto& c : state_->connections)
      c->add(now);
  for (auto& c : state_->connections)
    c->flush();
  state_->context.run();
}

void load_generator::open_loop(double rate, make_request_fn make, response_fn seen) {
  state_->begin(std::move(make), std::move(seen), true);
  state_->interval = std::chrono::duration<double>(1 / rate);
  // The kernel may fire this thread's timers late, by 50 µs unless it is told otherwise; here that would be latency.
  const auto slack = ::prctl(PR_GET_TIMERSLACK);
  ::prctl(PR_SET_TIMERSLACK, 1);
  state_->begun = steady::now();
  state_->send_due();
  state_->context.run();
  ::prctl(PR_SET_TIMERSLACK, slack);
}

} // namespace callboard::bench
