#include "bench/peers/protocol.hpp"

#include <charconv>
#include <stdexcept>

namespace callboard::bench {

namespace {

constexpr std::string_view line_end = "\r\n";
/// Seconds until a reserved job that is not deleted goes to another worker.
constexpr int time_to_run = 600;

/// The line at the start of `in` without its end; nothing while it is incomplete.
bool take_line(std::string_view in, std::string_view& line) {
  const auto end = in.find(line_end);
  if (end == std::string_view::npos)
    return false;
  line = in.substr(0, end);
  return true;
}

[[noreturn]] void unexpected(std::string_view line) {
  throw std::runtime_error("beanstalkd answered " + std::string{line.substr(0, 200)});
}

class submitting final : public submit_protocol {
public:
  void submit(std::string& out, std::string_view payload) override {
    out.append("put 100 0 ").append(std::to_string(time_to_run)).append(" ").append(std::to_string(payload.size()));
    out.append(line_end).append(payload).append(line_end);
  }

  size_t answers(std::string_view in, const std::function<void()>& accepted) override {
    size_t used = 0;
    for (std::string_view line; take_line(in.substr(used), line); used += line.size() + line_end.size()) {
      if (!line.starts_with("INSERTED "))
        unexpected(line);
      accepted();
    }
    return used;
  }
};

class working final : public work_protocol {
public:
  explicit working(uint32_t ahead) : ahead_(ahead) {
  }

  void open(std::string& out) override {
    for (uint32_t i = 0; i < ahead_; ++i)
      out.append("reserve\r\n");
  }

  size_t arrived(std::string_view in, std::string& out, const std::function<void(std::string_view)>& run,
                 const std::function<void()>& done) override {
    size_t used = 0;
    for (std::string_view line; take_line(in.substr(used), line);) {
      if (line == "DELETED") {
        done();
        used += line.size() + line_end.size();
        continue;
      }
      constexpr std::string_view reserved = "RESERVED ";
      if (!line.starts_with(reserved))
        unexpected(line);
      const auto blank = line.find(' ', reserved.size());
      if (blank == std::string_view::npos)
        unexpected(line);
      const auto id = line.substr(reserved.size(), blank - reserved.size());
      size_t bytes = 0;
      std::from_chars(line.data() + blank + 1, line.data() + line.size(), bytes);
      const auto whole = line.size() + line_end.size() + bytes + line_end.size();
      if (in.size() - used < whole)
        break;
      run(in.substr(used + line.size() + line_end.size(), bytes));
      out.append("delete ").append(id).append("\r\nreserve\r\n");
      used += whole;
    }
    return used;
  }

private:
  uint32_t ahead_;
};

class beanstalkd final : public peer_protocol {
public:
  std::unique_ptr<submit_protocol> submitter() const override {
    return std::make_unique<submitting>();
  }
  std::unique_ptr<work_protocol> worker(uint32_t ahead) const override {
    return std::make_unique<working>(ahead);
  }
};

} // namespace

std::unique_ptr<peer_protocol> make_beanstalkd() {
  return std::make_unique<beanstalkd>();
}

} // namespace callboard::bench
