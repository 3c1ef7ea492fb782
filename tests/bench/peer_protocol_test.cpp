#include "bench/peers/protocol.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace callboard::bench;
using namespace std::string_literals;

namespace {

/// A worker's end that is given `in` in pieces of `step` bytes, as a socket might.
struct worked {
  std::string out;
  std::vector<std::string> payloads;
  int done = 0;
};

worked feed(work_protocol& w, const std::string& in, size_t step) {
  worked got;
  std::string buffer;
  for (size_t at = 0; at < in.size(); at += step) {
    buffer += in.substr(at, step);
    const auto used = w.arrived(
      buffer, got.out, [&](std::string_view payload) { got.payloads.emplace_back(payload); }, [&] { ++got.done; });
    buffer.erase(0, used);
  }
  REQUIRE(buffer.empty());
  return got;
}

size_t steps() {
  return GENERATE(size_t{1}, size_t{7}, size_t{10'000});
}

std::string packet(const std::string& magic, char type, const std::string& body) {
  return "\0"s + magic + "\0\0\0"s + type + "\0\0\0"s + static_cast<char>(body.size()) + body;
}

} // namespace

TEST_CASE("beanstalkd takes a job with its length and answers with its id") {
  const auto protocol = make_beanstalkd();
  const auto s = protocol->submitter();
  std::string out;
  s->submit(out, "{\"a\":1}");
  REQUIRE(out == "put 100 0 600 7\r\n{\"a\":1}\r\n");
  int accepted = 0;
  const auto count = [&] { ++accepted; };
  REQUIRE(s->answers("INSERTED 1\r\nINSERTED 2\r\nINSER", count) == 24);
  REQUIRE(accepted == 2);
  REQUIRE_THROWS_AS(s->answers("OUT_OF_MEMORY\r\n", count), std::runtime_error);
}

TEST_CASE("a worker of beanstalkd deletes what it has run and asks for the next") {
  const auto w = make_beanstalkd()->worker(2);
  std::string out;
  w->open(out);
  REQUIRE(out == "reserve\r\nreserve\r\n");
  const auto got = feed(*w, "RESERVED 7 5\r\na\r\nbc\r\nDELETED\r\nRESERVED 8 0\r\n\r\n", steps());
  REQUIRE(got.payloads == std::vector<std::string>{"a\r\nbc", ""});
  REQUIRE(got.out == "delete 7\r\nreserve\r\ndelete 8\r\nreserve\r\n");
  REQUIRE(got.done == 1);
  std::string more;
  REQUIRE_THROWS_AS(w->arrived(
                      "DEADLINE_SOON\r\n", more, [](std::string_view) {}, [] {}),
                    std::runtime_error);
}

TEST_CASE("gearmand takes a background job as one packet and answers with its handle") {
  const auto s = make_gearmand()->submitter();
  std::string out;
  s->submit(out, "{}");
  REQUIRE(out == packet("REQ", 18, "bench\0\0{}"s));
  int accepted = 0;
  const auto count = [&] { ++accepted; };
  const auto created = packet("RES", 8, "H:x:1");
  REQUIRE(s->answers(created + created + created.substr(0, 13), count) == 2 * created.size());
  REQUIRE(accepted == 2);
  REQUIRE_THROWS_AS(s->answers(packet("RES", 19, "code\0text"s), count), std::runtime_error);
}

TEST_CASE("a worker of gearmand completes what it has run, and sleeps when there is nothing") {
  const auto w = make_gearmand()->worker(1);
  std::string out;
  w->open(out);
  const auto grab = packet("REQ", 9, "");
  REQUIRE(out == packet("REQ", 1, "bench") + grab);
  const auto got = feed(*w,
                        packet("RES", 11, "H:x:1\0bench\0pay\0load"s) + packet("RES", 10, "") + packet("RES", 6, "") +
                          packet("RES", 6, ""),
                        steps());
  REQUIRE(got.payloads == std::vector<std::string>{"pay\0load"s});
  REQUIRE(got.done == 1);
  // Awake once, whatever wakes it again before the answer.
  REQUIRE(got.out == packet("REQ", 13, "H:x:1\0"s) + grab + packet("REQ", 4, "") + grab);
}

namespace {

std::string frame(char type, uint16_t channel, const std::string& payload) {
  return type + "\0"s + static_cast<char>(channel) + "\0\0\0"s + static_cast<char>(payload.size()) + payload + '\xce';
}

std::string number(uint64_t n, int bytes) {
  std::string out;
  for (auto shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(n >> shift & 0xff);
  return out;
}

std::string acknowledged(uint64_t tag, bool all_before) {
  return frame(1, 1, number(60, 2) + number(80, 2) + number(tag, 8) + number(all_before, 1));
}

} // namespace

TEST_CASE("RabbitMQ confirms one message or all up to it") {
  const auto s = make_rabbitmq()->submitter();
  std::string out;
  s->submit(out, "{}");
  REQUIRE(out.starts_with("AMQP\0\0\x09\x01"s));
  REQUIRE(out.ends_with(frame(3, 1, "{}")));
  out.clear();
  for (auto i = 0; i < 4; ++i)
    s->submit(out, "{}");
  REQUIRE(out.find("AMQP") == std::string::npos);
  int accepted = 0;
  const auto count = [&] { ++accepted; };
  const auto in = frame(1, 0, number(10, 2) + number(10, 2)) + acknowledged(2, false) + acknowledged(4, true);
  REQUIRE(s->answers(in.substr(0, in.size() - 1), count) == in.size() - acknowledged(4, true).size());
  REQUIRE(accepted == 1);
  s->answers(acknowledged(4, true), count);
  REQUIRE(accepted == 4);
  s->answers(acknowledged(5, true), count);
  REQUIRE(accepted == 5);
  const auto closed = frame(1, 0, number(10, 2) + number(50, 2) + "ACCESS_REFUSED");
  REQUIRE_THROWS_WITH(s->answers(closed, count), Catch::Contains("10.50") && Catch::Contains("ACCESS_REFUSED"));
}

TEST_CASE("a worker of RabbitMQ puts messages together and acknowledges what came at once") {
  const auto w = make_rabbitmq()->worker(8);
  std::string out;
  w->open(out);
  const auto deliver = [](uint64_t tag) {
    return frame(1, 1, number(60, 2) + number(60, 2) + "\3abc" + number(tag, 8) + "\0\0\5bench"s);
  };
  const auto header = [](uint64_t size) {
    return frame(2, 1, number(60, 2) + number(0, 2) + number(size, 8) + number(0, 2));
  };
  const auto in =
    deliver(1) + header(5) + frame(3, 1, "pay") + frame(3, 1, "lo") + deliver(2) + header(1) + frame(3, 1, "x");
  const auto got = feed(*w, in, in.size());
  REQUIRE(got.payloads == std::vector<std::string>{"paylo", "x"});
  REQUIRE(got.done == 2);
  REQUIRE(got.out == acknowledged(2, true));
  const auto again = feed(*w, in, 1);
  REQUIRE(again.payloads == got.payloads);
  REQUIRE(again.out == acknowledged(1, true) + acknowledged(2, true));
}
