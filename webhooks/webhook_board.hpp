#pragma once

#include "core/scheduler/event_id.hpp"
#include "core/webhooks/told_ends.hpp"
#include "core/webhooks/webhook_book.hpp"
#include "core/webhooks/webhook_request.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// The webhooks for all threads, and their pending deliveries. It outlives the actor that sends, so that the one that
/// is started in its place goes on where it was. Thread-safe.
class webhook_board {
public:
  /// What the actor works on.
  struct content {
    webhook_book book;
    told_ends ends;
    std::optional<event_id> seen; ///< events up to it were read; nothing: none are followed
    bool loaded = false;          ///< the webhooks of the store are known
  };

  explicit webhook_board(webhook_book::limits l) : content_{webhook_book{std::move(l)}, {}, {}, false} {
  }

  /// Calls `work(content&)`, which is short, while nobody else works on it.
  template <class Work>
  auto with(Work work) {
    const std::lock_guard lock{mutex_};
    return work(content_);
  }

  struct figures {
    std::map<std::string, uint64_t> made; ///< jobs, by the name of the webhook
    uint64_t pending = 0;
    uint64_t dropped = 0;
  };
  figures count() const;
  /// In the order of their names. Error: starting, until those of the store are known.
  result<std::vector<webhook>> all() const;
  /// Errors: starting, not_found.
  result<webhook> find(const std::string& name) const;

  /// Requests go there from now on; null: nobody takes any.
  void connect(std::function<void(std::shared_ptr<webhook_request>)> taker);
  /// Answers later, through the request. Error of all: starting.
  void send(webhook_request r) const;

private:
  mutable std::mutex mutex_;
  content content_;
  std::function<void(std::shared_ptr<webhook_request>)> taker_;
};

/// The error of whoever names one that is not there.
error unknown_webhook(const std::string& name);

} // namespace callboard
