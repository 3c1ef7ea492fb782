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
