#pragma once

#include "core/placement/limit_rule.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// Something that has a limit: a queue, a job type or a concurrency key with a rule, and what it uses of it now.
struct limit_scope {
  limit_target target;
  std::string name; ///< as in `limit_book::all`
  limit_rule rule;
  bool inherited = false; ///< of a key: it has the rule that its queue has for each key, or that of a unique key
  uint64_t used = 0;      ///< attempts under way
  std::optional<token_bucket> bucket;
  std::optional<token_bucket> retries;
  std::optional<token_bucket> preemptions;
  steady_point keys_since; ///< of a queue: when its rule for each key began; who has rested since has all its tokens
  steady_point wakes_at = steady_point::max(); ///< when the book looks at it again
  bool known = true;                           ///< the book has it
  bool noted = false;                          ///< it is among those that changed
  uint64_t idle_since = 0;                     ///< as the book counts; 0: it is not idle
  uint32_t line = 0;                           ///< for limit_links

  /// Why nothing of it may start now.
  enum class hold : uint8_t { none, paused, concurrency, rate };
  hold held(steady_point now) const;
};
using limit_scope_ptr = std::shared_ptr<limit_scope>;

/// What an attempt counts against, from its placement until it has ended on its worker; null: no limit.
struct limit_units {
  limit_scope_ptr queue, type, key;

  std::array<const limit_scope_ptr*, 3> all() const {
    return {&queue, &type, &key};
  }
  limit_scope_ptr& of(limit_kind kind) {
    return kind == limit_kind::queue ? queue : kind == limit_kind::type ? type : key;
  }
  const limit_scope_ptr& of(limit_kind kind) const {
    return *all().at(static_cast<size_t>(kind));
  }
};

/// The limits there are, and which of them is reached. Costs nothing for queues, types and keys without a rule. A key
/// that has the rule of its queue is here while it uses something of it; when it uses nothing it is idle, and the
/// `idle_kept` that were in use last are kept, for most come again.
class limit_book {
public:
  static constexpr size_t idle_kept = 4096; ///< about 300 bytes each

  // -- rules
  /// @param recount  `recount(scope)` is to give it to the attempts under way that are its own, each by `join`.
  void set(const limit_target& t, const limit_rule& rule, steady_point now,
           const std::function<void(const limit_scope_ptr&)>& recount);
  /// Null: no rule, or a key that uses nothing of its queue's.
  limit_scope_ptr find(const limit_target& t) const;
  /// The same, also of a key that is idle. @param name  of keys by `key_name`
  limit_scope_ptr find(limit_kind kind, std::string_view name) const;
  /// The rule that holds for it; a plain one: none does.
  limit_rule rule_of(const limit_target& t) const;
  /// What a queue's rule says for each of its concurrency keys.
  limit_rule rule_of_keys(std::string_view queue) const;
  /// By name; of keys by `key_name`, the idle ones too.
  const auto& all(limit_kind kind) const {
    return scopes_[index(kind)];
  }
  bool any(limit_kind kind) const {
    return !scopes_[index(kind)].empty();
  }

  // -- units
  /// Of a key: null when nothing limits it.
  limit_scope_ptr scope_of_key(std::string_view queue, std::string_view key);
  void take(const limit_units& u, steady_point now);
  void give(const limit_units& u);
  /// An attempt that was under way before there was a rule.
  void join(const limit_scope_ptr& s) {
    wake_up(*s);
    ++s->used;
    note(s);
  }
  /// When an attempt after a back-off may come into the line, which is taken for it: now, or later.
  steady_point retry_slot(std::string_view type, steady_point now);

  /// When a job of the queue may preempt next; the end of time: never.
  steady_point preempts_at(std::string_view queue) const;
  /// It does. Precondition: it may.
  void take_preemption(std::string_view queue, steady_point now);

  // -- time
  /// When a rate lets something start again; the end of time: none is waited for.
  steady_point next_open() const {
    return waiting_.empty() ? steady_point::max() : waiting_.begin()->first;
  }
  /// Those whose time has come.
  void on_time(steady_point now);

  /// `each(scope)` for those whose rule changed, that may be open now and were not, or the reverse, or that the book
  /// does not know any more, since this was called last.
  template <class Each>
  void take_changed(Each&& each) {
    taken_.clear();
    taken_.swap(changed_);
    for (const auto& s : taken_) {
      s->noted = false;
      each(s);
    }
    taken_.clear();
  }
  bool any_changed() const {
    return !changed_.empty();
  }

  /// Throws std::logic_error when what is used is not what `attempts` (by scope) says.
  void sanity_check(const std::map<const limit_scope*, uint64_t>& attempts) const;

private:
  static size_t index(limit_kind kind) {
    return static_cast<size_t>(kind);
  }
  limit_scope_ptr make(const limit_target& t);
  limit_rule usual_rule(std::string_view queue, std::string_view key) const;
  void apply(const limit_scope_ptr& s, const limit_rule& rule, steady_point now);
  void inherit(const limit_target& queue, steady_point now);
  void note(const limit_scope_ptr& s) {
    if (!std::exchange(s->noted, true))
      changed_.push_back(s);
  }
  void note(const limit_scope_ptr& s, limit_scope::hold before, steady_point now);
  void rest(const limit_scope_ptr& s);
  void wake_up(limit_scope& s);
  void drop(const limit_scope_ptr& s);
  void wake_at(const limit_scope_ptr& s, steady_point at);
  void wait_for_token(const limit_scope_ptr& s, steady_point now);
  void drop_if_idle(const limit_scope_ptr& s);

  std::array<std::map<std::string_view, limit_scope_ptr>, 3> scopes_; ///< by kind, by their own names
  std::set<std::pair<steady_point, limit_scope_ptr>> waiting_;        ///< by `wakes_at`
  std::deque<std::pair<uint64_t, limit_scope_ptr>> idle_; ///< by `idle_since`; those used again since are skipped
  size_t idle_count_ = 0;
  uint64_t rests_ = 0;
  std::vector<limit_scope_ptr> changed_, taken_;
};

} // namespace callboard
