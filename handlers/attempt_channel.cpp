#include "handlers/attempt_channel.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace callboard {

namespace {

constexpr size_t head_bytes = 1 + sizeof(uint32_t);

class body_writer {
public:
  template <class T>
  body_writer& number(T x) {
    static_assert(std::is_trivially_copyable_v<T>);
    out.append(reinterpret_cast<const char*>(&x), sizeof x);
    return *this;
  }
  body_writer& text(std::string_view s) {
    number(s.size());
    out += s;
    return *this;
  }
  std::string out;
};

class body_reader {
public:
  body_reader(const frame& f, frame_kind wanted) : rest_(f.body) {
    if (f.kind != wanted)
      throw std::runtime_error("an unexpected message");
  }
  template <class T>
  T number() {
    T x;
    std::memcpy(&x, take(sizeof x).data(), sizeof x);
    return x;
  }
  std::string text() {
    return std::string{take(number<size_t>())};
  }

private:
  std::string_view take(size_t n) {
    if (n > rest_.size())
      throw std::runtime_error("a message that is too short");
    const auto part = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return part;
  }
  std::string_view rest_;
};

} // namespace

std::string to_bytes(const frame& f) {
  if (f.body.size() > UINT32_MAX)
    throw std::length_error("a message of more than 4 GiB");
  return body_writer{}.number(f.kind).number(static_cast<uint32_t>(f.body.size())).out + f.body;
}

void frame_splitter::add(std::string_view bytes) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_ += bytes;
}

std::optional<frame> frame_splitter::next() {
  const auto rest = std::string_view{buffer_}.substr(taken_);
  if (rest.size() < head_bytes)
    return std::nullopt;
  const auto kind = static_cast<uint8_t>(rest[0]);
  if (kind < static_cast<uint8_t>(frame_kind::attempt) || kind > static_cast<uint8_t>(frame_kind::outcome))
    throw std::runtime_error("something that is no message");
  uint32_t size = 0;
  std::memcpy(&size, rest.data() + 1, sizeof size);
  if (rest.size() - head_bytes < size)
    return std::nullopt;
  taken_ += head_bytes + size;
  return frame{static_cast<frame_kind>(kind), std::string{rest.substr(head_bytes, size)}};
}

frame attempt_frame(const attempt& a, std::chrono::steady_clock::time_point deadline) {
  body_writer w;
  w.number(a.id.value).number(a.fence.value).text(a.type).text(a.payload).number(a.number).number(a.timeout.count());
  w.number(a.memory_bytes).number(a.cpu_milli).number(deadline.time_since_epoch().count());
  w.text(a.checkpoint).number(a.checkpoint_bytes_max).number(a.soft_timeout.count());
  w.text(a.traceparent).text(a.tracestate);
  return {frame_kind::attempt, std::move(w.out)};
}

void read_attempt(const frame& f, sent_attempt& out) {
  body_reader r{f, frame_kind::attempt};
  auto& a = out.order;
  a.id = job_id{r.number<uint64_t>()};
  a.fence = fence_token{r.number<uint64_t>()};
  a.type = r.text();
  out.payload = r.text();
  a.payload = out.payload;
  a.number = r.number<uint32_t>();
  a.timeout = duration{r.number<duration::rep>()};
  a.memory_bytes = r.number<uint64_t>();
  a.cpu_milli = r.number<uint32_t>();
  using clock = std::chrono::steady_clock;
  out.deadline = clock::time_point{clock::duration{r.number<clock::rep>()}};
  out.checkpoint = r.text();
  a.checkpoint = out.checkpoint;
  a.checkpoint_bytes_max = r.number<uint64_t>();
  a.soft_timeout = duration{r.number<duration::rep>()};
  out.traceparent = r.text();
  a.traceparent = out.traceparent;
  out.tracestate = r.text();
  a.tracestate = out.tracestate;
}

frame stop_frame(cancel_token::reason why) {
  return {frame_kind::stop, body_writer{}.number(why).out};
}

frame soft_timeout_frame() {
  return {frame_kind::soft_timeout, {}};
}

cancel_token::reason read_stop(const frame& f) {
  return body_reader{f, frame_kind::stop}.number<cancel_token::reason>();
}

frame progress_frame(int percent, std::string_view message) {
  return {frame_kind::progress, body_writer{}.number(percent).text(message).out};
}

std::pair<int, std::string> read_progress(const frame& f) {
  body_reader r{f, frame_kind::progress};
  const int percent = r.number<int>();
  return {percent, r.text()};
}

frame outcome_frame(const attempt_outcome& o) {
  body_writer w;
  w.number(o.kind).text(o.code).text(o.message).text(o.result.view()).number(o.snooze.count());
  w.number(o.retry_after.count());
  return {frame_kind::outcome, std::move(w.out)};
}

attempt_outcome read_outcome(const frame& f) {
  body_reader r{f, frame_kind::outcome};
  attempt_outcome o;
  o.kind = r.number<outcome_kind>();
  if (o.kind > outcome_kind::returned)
    throw std::runtime_error("an outcome of no known kind");
  o.code = r.text();
  o.message = r.text();
  o.result = blob{r.text()};
  o.snooze = duration{r.number<duration::rep>()};
  o.retry_after = duration{r.number<duration::rep>()};
  return o;
}

} // namespace callboard
