#include "tests/http/event_fixture.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace callboard::test {

namespace {

api with_events(backend& b, std::shared_ptr<event_feed> feed, http_settings http) {
  auto a = make_api(b);
  http.listen = "127.0.0.1:0";
  http.hosts.emplace_back("test");
  a.http = std::move(http);
  a.events = std::move(feed);
  return a;
}

} // namespace

scheduler_event job_event_of(event_kind k, uint64_t n, std::string queue) {
  scheduler_event e;
  e.kind = k;
  e.at = noon();
  e.job = some_id(n);
  e.queue = std::move(queue);
  e.type = "noop";
  return e;
}

std::vector<scheduler_event> births(uint64_t from, uint64_t count) {
  std::vector<scheduler_event> out;
  for (uint64_t i = 0; i < count; ++i)
    out.push_back(job_event_of(event_kind::job_created, from + i));
  return out;
}

event_server::event_server(event_settings s, http_settings http)
  : feed(std::make_shared<event_feed>(s)), server(with_events(back, feed, std::move(http))) {
  const auto started = server.start();
  if (!started)
    throw std::runtime_error(started.err().message);
  port = *started;
}

event_reader::event_reader(uint16_t port, std::string_view query, std::string_view header) : connection(port) {
  connection.send(get("/api/events" + std::string{query}, header));
  head = connection.receive();
  raw_ = connection.take();
}

bool event_reader::more() {
  while (!ended) {
    if (const auto line = raw_.find("\r\n"); line != std::string::npos) {
      const auto size = std::strtoull(raw_.c_str(), nullptr, 16);
      if (raw_.size() >= line + 4 + size) {
        body += raw_.substr(line + 2, size);
        raw_.erase(0, line + 4 + size);
        ended = size == 0;
        return !ended;
      }
    }
    if (!connection.fill())
      return false;
    raw_ += connection.take();
  }
  return false;
}

bool event_reader::read_to(std::string_view text) {
  while (!body.ends_with(text))
    if (!more())
      return body.ends_with(text);
  return true;
}

bool event_reader::read_to_id(std::string_view id) {
  while (last_id() != id || !body.ends_with("\n\n"))
    if (!more())
      return false;
  return true;
}

std::vector<std::string> event_reader::ids() const {
  std::vector<std::string> out;
  constexpr std::string_view id = "id: ", reset = "event: reset";
  for (size_t at = 0; at < body.size();) {
    const auto end = body.find("\n\n", at);
    const auto block = std::string_view{body}.substr(at, end - at);
    const auto line = block.find(id);
    if (line != std::string_view::npos && block.find("data: ") != std::string_view::npos) {
      const auto value = block.substr(line + id.size(), block.find('\n', line) - line - id.size());
      out.push_back((block.find(reset) != std::string_view::npos ? "reset " : "") + std::string{value});
    }
    if (end == std::string::npos)
      break;
    at = end + 2;
  }
  return out;
}

std::string event_reader::last_id() const {
  const auto line = body.rfind("id: ");
  return line == std::string::npos ? "" : body.substr(line + 4, body.find('\n', line) - line - 4);
}

} // namespace callboard::test
