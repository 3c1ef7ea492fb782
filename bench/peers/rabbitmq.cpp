#include "bench/peers/protocol.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

namespace callboard::bench {

namespace {

// AMQP 0-9-1. Names as in its specification; RabbitMQ takes what a client says before it is asked in the order that it
// would ask, so the whole greeting goes out at once.

enum frame_type : uint8_t { method_frame = 1, header_frame = 2, body_frame = 3, heartbeat_frame = 8 };
constexpr char frame_end = '\xce';
constexpr size_t frame_head = 7;
constexpr std::string_view queue = "bench";

/// Class and method as one number.
constexpr uint32_t method(uint16_t of_class, uint16_t number) {
  return uint32_t{of_class} << 16 | number;
}
constexpr auto connection_start = method(10, 10), connection_start_ok = method(10, 11),
               connection_tune = method(10, 30), connection_tune_ok = method(10, 31), connection_open = method(10, 40),
               connection_open_ok = method(10, 41), channel_open = method(20, 10), channel_open_ok = method(20, 11),
               queue_declare = method(50, 10), queue_declare_ok = method(50, 11), basic_qos = method(60, 10),
               basic_qos_ok = method(60, 11), basic_consume = method(60, 20), basic_consume_ok = method(60, 21),
               basic_publish = method(60, 40), basic_deliver = method(60, 60), basic_ack = method(60, 80),
               confirm_select = method(85, 10), confirm_select_ok = method(85, 11);

/// Big-endian, of `bytes` bytes.
void put(std::string& out, uint64_t value, int bytes) {
  for (auto shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

uint64_t get(std::string_view in, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (auto c : in.substr(at, bytes))
    value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void put_short_text(std::string& out, std::string_view text) {
  put(out, text.size(), 1);
  out.append(text);
}

void put_frame(std::string& out, frame_type type, uint16_t channel, std::string_view payload) {
  put(out, type, 1);
  put(out, channel, 2);
  put(out, payload.size(), 4);
  out.append(payload);
  out += frame_end;
}

void put_method(std::string& out, uint16_t channel, uint32_t which, std::string_view arguments) {
  std::string payload;
  put(payload, which, 4);
  put_frame(out, method_frame, channel, payload.append(arguments));
}

/// Up to an open channel and a durable queue.
void put_greeting(std::string& out) {
  out.append("AMQP\0\0\x09\x01", 8);
  std::string a;
  put(a, 0, 4); // no properties
  put_short_text(a, "PLAIN");
  constexpr std::string_view login{"\0guest\0guest", 12};
  put(a, login.size(), 4);
  a.append(login);
  put_short_text(a, "en_US");
  put_method(out, 0, connection_start_ok, a);
  a.clear();
  put(a, 1, 2);      // one channel
  put(a, 131072, 4); // largest frame: RabbitMQ's own
  put(a, 0, 2);      // no heartbeat
  put_method(out, 0, connection_tune_ok, a);
  a.clear();
  put_short_text(a, "/");
  put_short_text(a, "");
  put(a, 0, 1);
  put_method(out, 0, connection_open, a);
  put_method(out, 1, channel_open, std::string_view{"\0", 1});
  a.clear();
  put(a, 0, 2);
  put_short_text(a, queue);
  put(a, 2, 1); // durable
  put(a, 0, 4);
  put_method(out, 1, queue_declare, a);
}

/// Calls `take(type, payload)` for each whole frame; returns the bytes used.
template <class Take>
size_t each_frame(std::string_view in, Take&& take) {
  size_t used = 0;
  while (in.size() - used >= frame_head) {
    if (in.substr(used, 4) == "AMQP")
      throw std::runtime_error("RabbitMQ speaks another version of AMQP");
    const auto size = static_cast<size_t>(get(in, used + 3, 4));
    if (in.size() - used < frame_head + size + 1)
      break;
    take(static_cast<frame_type>(get(in, used, 1)), in.substr(used + frame_head, size));
    used += frame_head + size + 1;
  }
  return used;
}

/// What the server says of the greeting. Throws for what closes the connection or the channel.
void check_greeting(uint32_t which, std::string_view payload) {
  constexpr std::array known{connection_start, connection_tune,   connection_open_ok, channel_open_ok,
                             queue_declare_ok, confirm_select_ok, basic_qos_ok,       basic_consume_ok};
  for (auto k : known)
    if (which == k)
      return;
  // Its words stand between numbers.
  std::string words;
  std::copy_if(payload.begin(), payload.end(), std::back_inserter(words), [](char c) { return c >= ' ' && c <= '~'; });
  throw std::runtime_error("RabbitMQ sent method " + std::to_string(which >> 16) + "." +
                           std::to_string(which & 0xffff) + " " + words.substr(0, 200));
}

/// Persistent messages with publisher confirms.
class submitting final : public submit_protocol {
public:
  void submit(std::string& out, std::string_view payload) override {
    if (std::exchange(greeted_, true) == false) {
      put_greeting(out);
      put_method(out, 1, confirm_select, std::string_view{"\0", 1});
    }
    std::string a;
    put(a, 0, 2);
    put_short_text(a, "");
    put_short_text(a, queue);
    put(a, 0, 1);
    put_method(out, 1, basic_publish, a);
    a.clear();
    put(a, 60, 2);
    put(a, 0, 2);
    put(a, payload.size(), 8);
    put(a, 0x1000, 2); // of the properties the delivery mode:
    put(a, 2, 1);      // persistent
    put_frame(out, header_frame, 1, a);
    put_frame(out, body_frame, 1, payload);
    open_.insert(++published_);
  }

  size_t answers(std::string_view in, const std::function<void()>& accepted) override {
    return each_frame(in, [&](frame_type type, std::string_view payload) {
      if (type != method_frame)
        return;
      const auto which = static_cast<uint32_t>(get(payload, 0, 4));
      if (which != basic_ack)
        return check_greeting(which, payload);
      const auto tag = get(payload, 4, 8);
      const auto all_before = get(payload, 12, 1) != 0;
      for (auto i = all_before ? open_.begin() : open_.find(tag); i != open_.end() && *i <= tag; i = open_.erase(i))
        accepted();
    });
  }

private:
  bool greeted_ = false;
  uint64_t published_ = 0;
  std::set<uint64_t> open_; // not confirmed
};

class working final : public work_protocol {
public:
  explicit working(uint32_t ahead) : ahead_(ahead) {
  }

  void open(std::string& out) override {
    put_greeting(out);
    std::string a;
    put(a, 0, 4);
    put(a, ahead_, 2);
    put(a, 0, 1);
    put_method(out, 1, basic_qos, a);
    a.clear();
    put(a, 0, 2);
    put_short_text(a, queue);
    put_short_text(a, "");
    put(a, 0, 1);
    put(a, 0, 4);
    put_method(out, 1, basic_consume, a);
  }

  size_t arrived(std::string_view in, std::string& out, const std::function<void(std::string_view)>& run,
                 const std::function<void()>& done) override {
    uint64_t ended = 0, count = 0;
    const auto used = each_frame(in, [&](frame_type type, std::string_view payload) {
      if (type == method_frame) {
        const auto which = static_cast<uint32_t>(get(payload, 0, 4));
        if (which != basic_deliver)
          return check_greeting(which, payload);
        const auto consumer = static_cast<size_t>(get(payload, 4, 1));
        tag_ = get(payload, 5 + consumer, 8);
      } else if (type == header_frame) {
        left_ = get(payload, 4, 8);
        body_.clear();
      } else if (type == body_frame) {
        body_.append(payload);
        left_ -= payload.size();
        if (left_ == 0) {
          run(body_);
          ended = tag_;
          ++count;
        }
      }
    });
    if (count) {
      // One acknowledgement for all that came together, as good consumers do.
      std::string a;
      put(a, ended, 8);
      put(a, 1, 1);
      put_method(out, 1, basic_ack, a);
      for (; count; --count)
        done();
    }
    return used;
  }

private:
  uint32_t ahead_;
  uint64_t tag_ = 0;
  uint64_t left_ = 0;
  std::string body_;
};

class rabbitmq final : public peer_protocol {
public:
  std::unique_ptr<submit_protocol> submitter() const override {
    return std::make_unique<submitting>();
  }
  std::unique_ptr<work_protocol> worker(uint32_t ahead) const override {
    return std::make_unique<working>(ahead);
  }
};

} // namespace

std::unique_ptr<peer_protocol> make_rabbitmq() {
  return std::make_unique<rabbitmq>();
}

} // namespace callboard::bench
