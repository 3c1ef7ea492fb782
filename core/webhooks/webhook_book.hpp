#pragma once

#include "core/webhooks/webhook.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// An event that is to be sent to a webhook, and is no job yet.
struct pending_delivery {
  uint64_t number = 0; ///< grows with each
  std::string webhook;
  std::string id; ///< `delivery_id`
  event_kind kind{};
  std::string event; ///< its JSON
};

/// Which webhooks there are, and their pending deliveries. Whatever becomes of a pending delivery, it stays until
/// somebody says that its job is there.
class webhook_book {
public:
  struct limits {
    size_t pending_max = 10'000;
    /// Queues of jobs that tell of events themselves: events of such jobs are for nobody, or one would bring on the
    /// next for ever.
    std::vector<std::string> passed_over;
  };
  explicit webhook_book(limits l) : limits_(std::move(l)) {
  }

  /// As found at start. Those that are known already get the events that come next, as they did.
  void restore(std::vector<webhook> all);
  /// In place of the one of that name. @param last  the latest event: a webhook that is new, or was paused, gets those
  /// that come after it
  void put(webhook w, const event_id& last);
  /// With its pending deliveries.
  void remove(std::string_view name);
  /// Null: there is none.
  const webhook* find(std::string_view name) const;
  std::vector<webhook> all() const;
  size_t size() const {
    return rows_.size();
  }
  /// Whether any is not paused.
  bool any_enabled() const;
  /// Whether any that is not paused wants ends of jobs.
  bool any_wants_ends() const;

  /// An event of the stream. @param json  makes its text; called when somebody wants it.
  void offer(const event_id& id, const scheduler_event& e, const std::function<std::string()>& json);
  /// The end of a job that was found in the store: it may have been offered before.
  void offer_found(const scheduler_event& end, const std::function<std::string()>& json);
  /// Events that were told and cannot be read any more.
  void count_missed(uint64_t events) {
    dropped_ += events;
  }

  /// Those that wait longest.
  std::vector<pending_delivery> oldest(size_t count) const;
  /// Their jobs are there. @param numbers  ascending  @param known  of these the ones that were there before, ascending
  void delivered(const std::vector<uint64_t>& numbers, const std::vector<uint64_t>& known = {});
  size_t pending() const {
    return pending_.size();
  }
  bool full() const {
    return pending_.size() >= limits_.pending_max;
  }
  /// So many events find room, whoever wants them.
  size_t room() const {
    return (limits_.pending_max - std::min(limits_.pending_max, pending_.size())) / std::max<size_t>(rows_.size(), 1);
  }
  /// The next one will have this number.
  uint64_t next_number() const {
    return next_;
  }
  /// Whether the jobs of all that have lower numbers are there.
  bool all_delivered_before(uint64_t number) const {
    return pending_.empty() || pending_.front().number >= number;
  }

  /// Events that were not for the end of a job and found no room, or were missed.
  uint64_t dropped() const {
    return dropped_;
  }
  /// Ends of jobs found no room since this was asked last: they have to be looked for in the store.
  bool take_behind() {
    return std::exchange(behind_, false);
  }
  /// Jobs that were made, by the name of the webhook.
  std::map<std::string, uint64_t> made() const;

private:
  struct row {
    webhook definition;
    uint64_t after = 0; ///< events up to this number are not for it
    uint64_t made = 0;
  };
  bool is_passed_over(const scheduler_event& e) const;
  void add_pending(const row& r, const std::string& identity, const scheduler_event& e, std::string& text,
                   const std::function<std::string()>& json);

  limits limits_;
  std::map<std::string, row, std::less<>> rows_;
  std::deque<pending_delivery> pending_;
  uint64_t next_ = 1;
  uint64_t dropped_ = 0;
  bool behind_ = false;
};

} // namespace callboard
