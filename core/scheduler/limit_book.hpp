#pragma once

#include "core/placement/limit_rule.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// Something that has a limit: a queue or a job type with a rule, and what it uses of it now.
struct limit_scope {
  limit_kind kind = limit_kind::queue;
  std::string name;
  limit_rule rule;
  uint64_t used = 0; ///< attempts under way
  std::optional<token_bucket> bucket;

  /// Why nothing of it may start now.
  enum class hold : uint8_t { none, paused, concurrency, rate };
  hold held(steady_point now) const;
};
using limit_scope_ptr = std::shared_ptr<limit_scope>;

/// What an attempt counts against, from its placement until it has ended on its worker; null: no limit.
struct limit_units {
  limit_scope_ptr queue, type;
};

/// The limits there are, and which of them is reached. Costs nothing for queues and types without a rule.
class limit_book {
public:
  // -- rules
  /// @param recount  `recount(scope)` is to give it to the attempts under way that are its own, each by `join`.
  void set(limit_kind kind, const std::string& name, const limit_rule& rule, steady_point now,
           const std::function<void(const limit_scope_ptr&)>& recount);
  /// Null: no rule.
  limit_scope_ptr find(limit_kind kind, std::string_view name) const;
  const auto& all(limit_kind kind) const {
    return scopes_[index(kind)];
  }
  bool any(limit_kind kind) const {
    return !scopes_[index(kind)].empty();
  }

  // -- units
  /// What a new attempt counts against.
  limit_units units_of(std::string_view queue, std::string_view type) const;
  void take(const limit_units& u, steady_point now);
  void give(const limit_units& u);
  /// An attempt that was under way before there was a rule.
  void join(const limit_scope_ptr& s) {
    ++s->used;
  }

  // -- time
  /// When a rate lets something start again; the end of time: none is waited for.
  steady_point next_open() const {
    return waiting_.empty() ? steady_point::max() : waiting_.begin()->first;
  }
  /// Those whose time has come.
  void on_time(steady_point now);

  /// Scopes whose rule changed, or that may be open now and were not, or the reverse, since this was called last.
  std::vector<limit_scope_ptr> take_changed();
  bool any_changed() const {
    return !changed_.empty();
  }

  /// Throws std::logic_error when what is used is not what `attempts` (by scope) says.
  void sanity_check(const std::map<const limit_scope*, uint64_t>& attempts) const;

private:
  static size_t index(limit_kind kind) {
    return static_cast<size_t>(kind);
  }
  void note(const limit_scope_ptr& s, limit_scope::hold before, steady_point now);
  void wait_for_token(const limit_scope_ptr& s, steady_point now);

  std::array<std::map<std::string, limit_scope_ptr, std::less<>>, 2> scopes_; ///< by kind, by name
  std::set<std::pair<steady_point, limit_scope_ptr>> waiting_;                ///< for a token
  std::vector<limit_scope_ptr> changed_;
};

} // namespace callboard
