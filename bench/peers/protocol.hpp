#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace callboard::bench {

/// The submitting end of one connection: bytes out, answers in. No sockets.
class submit_protocol {
public:
  virtual ~submit_protocol() = default;
  /// Appends the bytes that submit one job.
  virtual void submit(std::string& out, std::string_view payload) = 0;
  /// Reads answers at the start of `in` and calls `accepted` for each, in the order of the submits. Returns the bytes
  /// used. Throws std::runtime_error for a refusal.
  virtual size_t answers(std::string_view in, const std::function<void()>& accepted) = 0;
};

/// The working end of one connection.
class work_protocol {
public:
  virtual ~work_protocol() = default;
  /// Appends what a worker says first, with its first request for a job.
  virtual void open(std::string& out) = 0;
  /// Reads what came, calls `run` with the payload of each job, and appends to `out` that it is done and the request
  /// for the next. Calls `done` for each job whose end the server has taken note of. Returns the bytes used. Throws
  /// std::runtime_error for what should not come.
  virtual size_t arrived(std::string_view in, std::string& out, const std::function<void(std::string_view)>& run,
                         const std::function<void()>& done) = 0;
};

/// A server that is measured beside Callboard.
class peer_protocol {
public:
  virtual ~peer_protocol() = default;
  virtual std::unique_ptr<submit_protocol> submitter() const = 0;
  /// @param ahead  jobs that a connection may hold at once, where the protocol can.
  virtual std::unique_ptr<work_protocol> worker(uint32_t ahead) const = 0;
};

/// beanstalkd, doc/protocol.txt of its release 1.12.
std::unique_ptr<peer_protocol> make_beanstalkd();
/// gearmand, the binary protocol of its PROTOCOL document; background jobs.
std::unique_ptr<peer_protocol> make_gearmand();
/// RabbitMQ, AMQP 0-9-1; a durable queue, persistent messages, publisher confirms.
std::unique_ptr<peer_protocol> make_rabbitmq();

} // namespace callboard::bench
