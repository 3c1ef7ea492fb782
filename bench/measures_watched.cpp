#include "bench/measures.hpp"
#include "bench/submits.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <list>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace callboard::bench {

namespace {

struct watching {
  std::string_view name;
  std::string_view query; ///< of GET /api/events; empty: nobody follows
};
constexpr std::array kinds{watching{"nobody", ""}, watching{"readers of failures", "?kind=job.failed"},
                           watching{"readers of everything", "?kind=job"}};

/// Follow the events, and throw away what comes, in a thread of their own.
class event_readers {
public:
  event_readers(const endpoint& server, uint32_t count, std::string_view query) {
    const auto request = make_request("GET", "/api/events" + std::string{query});
    const boost::asio::ip::tcp::endpoint at{boost::asio::ip::make_address(server.host), server.port};
    for (uint32_t i = 0; i < count; ++i) {
      auto& r = readers_.emplace_back(context_);
      r.socket.connect(at);
      boost::asio::write(r.socket, boost::asio::buffer(request));
      boost::asio::streambuf head;
      boost::asio::read_until(r.socket, head, "\r\n\r\n");
      const std::string text{boost::asio::buffers_begin(head.data()), boost::asio::buffers_end(head.data())};
      if (text.find(" 200 ") == std::string::npos)
        throw std::runtime_error("a reader of the events was answered " + text);
      read(r);
    }
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~event_readers() {
    context_.stop();
    thread_.join();
  }
  event_readers(const event_readers&) = delete;
  event_readers& operator=(const event_readers&) = delete;

  uint64_t bytes() const {
    return bytes_;
  }

private:
  struct reader {
    explicit reader(boost::asio::io_context& c) : socket(c) {
    }
    boost::asio::ip::tcp::socket socket;
    std::array<char, 65536> in;
  };

  void read(reader& r) {
    r.socket.async_read_some(boost::asio::buffer(r.in), [this, &r](const boost::system::error_code& e, size_t n) {
      bytes_ += n;
      if (!e)
        read(r); // one that was too slow has been cut off
    });
  }

  boost::asio::io_context context_{1};
  std::list<reader> readers_;
  std::atomic<uint64_t> bytes_{0};
  std::thread thread_;
};

} // namespace

void measure_watched(const options& o, journal& out) {
  const auto batch = o.e2e_batches.back();
  std::array<std::vector<double>, kinds.size()> rates, costs;
  for (uint32_t round = 0; round < o.rounds; ++round)
    for (size_t i = 0; i < kinds.size(); ++i) {
      std::shared_ptr<event_readers> readers;
      auto figures = end_to_end(o, batch, o.e2e_jobs, [&](const endpoint& server) {
        if (!kinds[i].query.empty())
          readers = std::make_shared<event_readers>(server, o.readers, kinds[i].query);
        return readers;
      });
      figures["read_bytes"] = readers ? readers->bytes() : 0;
      rates[i].push_back(figures.at("per_second").get<double>());
      costs[i].push_back(figures.at("server_cpu_us").get<double>());
      out.add("watched",
              {{"batch", batch},
               {"readers", kinds[i].query.empty() ? 0 : o.readers},
               {"kind", kinds[i].name},
               {"durability", o.durability}},
              figures);
    }
  if (median(rates[0]) <= 0 || median(costs[0]) <= 0)
    return; // too few jobs to say anything
  for (size_t i = 1; i < kinds.size(); ++i)
    out.add(
      "watched_ratio", {{"readers", o.readers}, {"kind", kinds[i].name}},
      {{"rate", rounded(median(rates[i]) / median(rates[0]))}, {"cpu", rounded(median(costs[i]) / median(costs[0]))}});
}

} // namespace callboard::bench
