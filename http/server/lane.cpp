#include "http/server/lane.hpp"

#include "core/base/rfc3339.hpp"
#include "http/limits.hpp"
#include "http/server/session.hpp"

#include <boost/asio/post.hpp>
#include <pthread.h>

#include <algorithm>
#include <random>

namespace callboard {

namespace asio = boost::asio;

namespace {

constexpr char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";

/// Ids of two servers, or of two runs of one, do not meet.
std::string random_prefix() {
  std::random_device source;
  std::string out;
  for (int i = 0; i < 6; ++i)
    out += base32[source() % 32];
  return out;
}

duration tick_period(const api& a) {
  const auto shortest =
    std::min({a.http.read_timeout, a.http.write_timeout, a.http.idle_timeout, a.jobs.request_timeout});
  return std::clamp<duration>(shortest / 10, http_limits::tick_min, http_limits::tick_max);
}

} // namespace

void server_state::gone(bool refused) {
  // Under the lock, or whoever waits for the last one could miss it.
  const std::lock_guard lock{mutex};
  --(refused ? refusing : open);
  changed.notify_all();
}

void mailbox::push(std::function<void()> work) {
  const std::lock_guard lock{mutex_};
  if (io_ == nullptr)
    return;
  work_.push_back(std::move(work));
  // Whatever comes before the lane looks is read with it: one wake-up for many replies.
  if (work_.size() == 1)
    asio::post(*io_, wake_);
}

std::vector<std::function<void()>> mailbox::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(work_, {});
}

void mailbox::close() {
  std::vector<std::function<void()>> unread;
  const std::lock_guard lock{mutex_};
  io_ = nullptr;
  unread.swap(work_);
}

lane::lane(server_state& state, uint32_t number)
  : state_(state), io_(1), work_(io_.get_executor()), ticker_(io_.get_executor()), tick_every_(tick_period(state.a)),
    mail_(std::make_shared<mailbox>(io_, [this] { read_mail(); })), id_prefix_(random_prefix()) {
  id_prefix_ += base32[number % 32];
}

lane::~lane() {
  stop();
}

void lane::start() {
  tick();
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "http");
    io_.run();
  }};
}

void lane::stop() {
  if (thread_.joinable()) {
    asio::post(io_, [this] {
      abort();
      io_.stop();
    });
    thread_.join();
  }
  mail_->close();
}

void lane::adopt(lane_socket socket, bool refused) {
  if (state_.draining) {
    boost::system::error_code ignored;
    socket.close(ignored);
    return state_.gone(refused);
  }
  auto s = std::make_shared<session>(*this, std::move(socket), refused);
  sessions_.emplace(s.get(), s);
  s->start();
}

void lane::remove(session* s, bool refused) {
  if (sessions_.erase(s) != 0)
    state_.gone(refused);
}

void lane::touch(std::shared_ptr<session> s) {
  touched_.push_back(std::move(s));
}

void lane::read_mail() {
  for (auto& work : mail_->take())
    work();
  for (auto& s : std::exchange(touched_, {}))
    s->flush();
}

std::vector<std::shared_ptr<session>> lane::everyone() const {
  std::vector<std::shared_ptr<session>> all;
  all.reserve(sessions_.size());
  for (const auto& [key, s] : sessions_)
    all.push_back(s);
  return all;
}

void lane::drain() {
  // A copy: a session that ends takes itself off the list.
  for (const auto& s : everyone())
    s->drain();
}

void lane::abort() {
  for (const auto& s : everyone())
    s->close();
}

void lane::tick() {
  ticker_.expires_after(tick_every_);
  ticker_.async_wait([this](const boost::system::error_code& ec) {
    if (ec)
      return;
    const auto now = lane_clock::now();
    for (const auto& s : everyone())
      s->check(now);
    tick();
  });
}

std::string lane::next_request_id() {
  // 15 characters, which std::string keeps without an allocation.
  constexpr size_t digits = 8;
  auto id = id_prefix_;
  id.resize(id.size() + digits);
  auto n = ids_++;
  for (size_t i = 0; i < digits; ++i, n /= 32)
    id[id.size() - 1 - i] = base32[n % 32];
  return id;
}

std::string_view lane::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(state_.a.clock());
  if (now != date_of_ || date_.empty()) {
    date_of_ = now;
    date_.clear();
    append_http_date(date_, now);
  }
  return date_;
}

} // namespace callboard
