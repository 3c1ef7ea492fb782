#include "bench/rest_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace asio = boost::asio;

namespace {

/// Far below http.idle_timeout.
constexpr std::chrono::seconds idle_max{30};

/// Header names are compared without regard to case.
bool starts_with_name(std::string_view line, std::string_view lower_name) {
  if (line.size() < lower_name.size())
    return false;
  for (size_t i = 0; i < lower_name.size(); ++i) {
    auto c = line[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower_name[i])
      return false;
  }
  return true;
}

} // namespace

std::optional<response_head> parse_head(std::string_view text) {
  auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return std::nullopt;
  response_head head;
  head.head_bytes = end + 4;
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!text.starts_with(version))
    throw std::runtime_error("not an HTTP/1.1 answer: " + std::string{text.substr(0, 80)});
  std::from_chars(text.data() + version.size(), text.data() + version.size() + 3, head.status);
  auto known = head.status == 204 || head.status == 304;
  for (size_t at = text.find("\r\n") + 2; at < end;) {
    auto line_end = text.find("\r\n", at);
    auto line = text.substr(at, line_end - at);
    constexpr std::string_view name = "content-length:";
    if (starts_with_name(line, name)) {
      auto digits = line.substr(line.find_first_not_of(' ', name.size()));
      std::from_chars(digits.data(), digits.data() + digits.size(), head.body_bytes);
      known = true;
    }
    at = line_end + 2;
  }
  if (!known)
    throw std::runtime_error("an answer without Content-Length");
  return head;
}

std::string make_request(std::string_view method, std::string_view target, std::string_view body) {
  std::string out;
  out.reserve(body.size() + target.size() + 128);
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty() || method == "POST")
    out.append("Content-Type: application/json\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  out.append("\r\n").append(body);
  return out;
}

rest_client::rest_client(const endpoint& server) : server_(server), socket_(context_) {
  connect();
}

void rest_client::connect() {
  asio::ip::tcp::resolver resolver(context_);
  asio::connect(socket_, resolver.resolve(server_.host, std::to_string(server_.port)));
  socket_.set_option(asio::ip::tcp::no_delay(true));
  used_ = std::chrono::steady_clock::now();
}

int rest_client::exchange(const std::string& request, std::string* body) {
  if (std::chrono::steady_clock::now() - used_ > idle_max) {
    socket_.close();
    connect();
  }
  asio::write(socket_, asio::buffer(request));
  in_.clear();
  std::optional<response_head> head;
  while (!head || in_.size() < head->head_bytes + head->body_bytes) {
    char part[65536];
    in_.append(part, socket_.read_some(asio::buffer(part)));
    if (!head)
      head = parse_head(in_);
  }
  used_ = std::chrono::steady_clock::now();
  if (body)
    *body = in_.substr(head->head_bytes);
  return head->status;
}

namespace {

nlohmann::json parsed(int status, const std::string& text, std::string_view method, std::string_view target) {
  if (status >= 400)
    throw std::runtime_error(std::string{method} + " " + std::string{target} + " was answered " +
                             std::to_string(status) + " " + text);
  return nlohmann::json::parse(text);
}

} // namespace

nlohmann::json rest_client::call(std::string_view method, std::string_view target, const nlohmann::json& body) {
  std::string text;
  const auto status = exchange(make_request(method, target, body.is_null() ? std::string{} : body.dump()), &text);
  return parsed(status, text, method, target);
}

progress read_progress(rest_client& client) {
  constexpr std::string_view target = "/api/metrics/jobs";
  constexpr auto pause = std::chrono::milliseconds{5};
  const auto request = make_request("GET", target, {});
  std::string text;
  int status = client.exchange(request, &text);
  while (status == 503 && text.find("\"starting\"") != std::string::npos) {
    std::this_thread::sleep_for(pause);
    status = client.exchange(request, &text);
  }
  const auto all = parsed(status, text, "GET", target);
  const auto& by_status = all.at("byStatus");
  const auto in = [&](const char* name) { return by_status.at(name).get<uint64_t>(); };
  progress p;
  p.waiting = in("queued") + in("scheduled");
  p.running = in("running") + in("retrying");
  p.started = all.at("started").get<uint64_t>();
  p.completed = all.at("completed").get<uint64_t>();
  p.unsuccessful = all.at("failed").get<uint64_t>() + all.at("cancelled").get<uint64_t>();
  return p;
}

} // namespace callboard::bench
