#include "bench/peers/protocol.hpp"

#include <array>
#include <stdexcept>

namespace callboard::bench {

namespace {

/// Packet types of gearmand's PROTOCOL document.
enum class packet : uint32_t {
  can_do = 1,
  pre_sleep = 4,
  noop = 6,
  job_created = 8,
  grab_job = 9,
  no_job = 10,
  job_assign = 11,
  work_complete = 13,
  submit_job_bg = 18,
  error = 19,
};

constexpr size_t header_bytes = 12;
constexpr std::string_view function = "bench";

void put_number(std::string& out, uint32_t n) {
  for (auto shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(n >> shift & 0xff);
}

uint32_t number_at(std::string_view in, size_t at) {
  uint32_t n = 0;
  for (size_t i = 0; i < 4; ++i)
    n = n << 8 | static_cast<unsigned char>(in[at + i]);
  return n;
}

/// Arguments are separated by zero bytes, and the last one goes to the end of the packet.
template <size_t N>
void put_packet(std::string& out, packet type, const std::array<std::string_view, N>& arguments) {
  size_t size = N ? N - 1 : 0;
  for (auto a : arguments)
    size += a.size();
  out.append("\0REQ", 4);
  put_number(out, static_cast<uint32_t>(type));
  put_number(out, static_cast<uint32_t>(size));
  for (size_t i = 0; i < N; ++i) {
    if (i)
      out += '\0';
    out.append(arguments[i]);
  }
}

void put_packet(std::string& out, packet type) {
  put_packet(out, type, std::array<std::string_view, 0>{});
}

/// Calls `take(type, body)` for each whole packet; returns the bytes used.
template <class Take>
size_t each_packet(std::string_view in, Take&& take) {
  size_t used = 0;
  while (in.size() - used >= header_bytes) {
    const auto size = number_at(in, used + 8);
    if (in.size() - used < header_bytes + size)
      break;
    const auto type = static_cast<packet>(number_at(in, used + 4));
    const auto body = in.substr(used + header_bytes, size);
    if (type == packet::error)
      throw std::runtime_error("gearmand answered an error: " + std::string{body});
    take(type, body);
    used += header_bytes + size;
  }
  return used;
}

[[noreturn]] void unexpected(packet type) {
  throw std::runtime_error("gearmand sent packet " + std::to_string(static_cast<uint32_t>(type)));
}

class submitting final : public submit_protocol {
public:
  void submit(std::string& out, std::string_view payload) override {
    put_packet(out, packet::submit_job_bg, std::array<std::string_view, 3>{function, {}, payload});
  }

  size_t answers(std::string_view in, const std::function<void()>& accepted) override {
    return each_packet(in, [&](packet type, std::string_view) {
      if (type != packet::job_created)
        unexpected(type);
      accepted();
    });
  }
};

class working final : public work_protocol {
public:
  explicit working(uint32_t ahead) : ahead_(ahead) {
  }

  void open(std::string& out) override {
    put_packet(out, packet::can_do, std::array<std::string_view, 1>{function});
    grab(out);
  }

  size_t arrived(std::string_view in, std::string& out, const std::function<void(std::string_view)>& run,
                 const std::function<void()>& done) override {
    return each_packet(in, [&](packet type, std::string_view body) {
      switch (type) {
      case packet::job_assign: {
        const auto handle_end = body.find('\0');
        const auto function_end = body.find('\0', handle_end + 1);
        run(body.substr(function_end + 1));
        put_packet(out, packet::work_complete, std::array<std::string_view, 2>{body.substr(0, handle_end), {}});
        // There is no answer to it: the next request is behind it in the same connection.
        done();
        put_packet(out, packet::grab_job);
        break;
      }
      case packet::no_job:
        // Asleep once none of the requests is under way any more.
        if (--grabs_ == 0)
          put_packet(out, packet::pre_sleep);
        break;
      case packet::noop:
        if (grabs_ == 0)
          grab(out);
        break;
      default:
        unexpected(type);
      }
    });
  }

private:
  void grab(std::string& out) {
    for (grabs_ = 0; grabs_ < ahead_; ++grabs_)
      put_packet(out, packet::grab_job);
  }

  uint32_t ahead_;
  uint32_t grabs_ = 0;
};

class gearmand final : public peer_protocol {
public:
  std::unique_ptr<submit_protocol> submitter() const override {
    return std::make_unique<submitting>();
  }
  std::unique_ptr<work_protocol> worker(uint32_t ahead) const override {
    return std::make_unique<working>(ahead);
  }
};

} // namespace

std::unique_ptr<peer_protocol> make_gearmand() {
  return std::make_unique<gearmand>();
}

} // namespace callboard::bench
