#include "webhooks/webhook_board.hpp"

#include <variant>

namespace callboard {

namespace {

error not_loaded() {
  return {ec::starting, "the webhooks are still being read from the store"};
}

} // namespace

error unknown_webhook(const std::string& name) {
  return {ec::not_found, "there is no webhook '" + name + "'", "name"};
}

webhook_board::figures webhook_board::count() const {
  const std::lock_guard lock{mutex_};
  return {content_.book.made(), content_.book.pending(), content_.book.dropped()};
}

result<std::vector<webhook>> webhook_board::all() const {
  const std::lock_guard lock{mutex_};
  if (!content_.loaded)
    return not_loaded();
  return content_.book.all();
}

result<webhook> webhook_board::find(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  if (!content_.loaded)
    return not_loaded();
  if (const auto* w = content_.book.find(name))
    return *w;
  return unknown_webhook(name);
}

void webhook_board::connect(std::function<void(std::shared_ptr<webhook_request>)> taker) {
  std::function<void(std::shared_ptr<webhook_request>)> before; // goes after the lock
  const std::lock_guard lock{mutex_};
  before = std::exchange(taker_, std::move(taker));
}

void webhook_board::send(webhook_request r) const {
  std::function<void(std::shared_ptr<webhook_request>)> taker;
  {
    const std::lock_guard lock{mutex_};
    taker = taker_;
  }
  if (taker)
    return taker(std::make_shared<webhook_request>(std::move(r)));
  std::visit([](auto& x) { x.reply.deliver(error{ec::starting, "the scheduler is starting"}); }, r.what);
}

} // namespace callboard
