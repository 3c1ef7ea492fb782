#pragma once

#include "core/scheduler/class_table.hpp"
#include "core/scheduler/limit_book.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// The scopes of queues, types and lanes by their numbers in the class table, so that neither a placement nor a limit
/// that opens or closes looks for a name. A number may get another name and a scope may come and go: a link that is
/// not right any more is made anew by name.
class limit_links {
public:
  limit_links(const class_table& classes, limit_book& book) : classes_(classes), book_(book) {
  }

  /// What a new attempt of a job of that class counts against; a key that has none gets its scope.
  limit_units units_of(const job_class& c);
  /// Null: it has no limit, or is a key that uses nothing of its queue's. @param line  number of the queue or the type,
  /// or the lane
  limit_scope_ptr find(limit_kind kind, uint32_t line);
  /// Nothing: no job knows the name.
  std::optional<uint32_t> line_of(const limit_scope_ptr& s);
  /// The book does not know the scope any more.
  void forget(const limit_scope& s);

  /// Throws std::logic_error when a scope is linked that the book does not know. Precondition: what changed in the book
  /// was looked at.
  void sanity_check() const;

private:
  std::vector<limit_scope_ptr>& links(limit_kind kind) {
    return links_.at(static_cast<size_t>(kind));
  }
  const name_table& names(limit_kind kind) const {
    return kind == limit_kind::queue  ? classes_.queues()
           : kind == limit_kind::type ? classes_.types()
                                      : classes_.lanes();
  }
  /// As in the name table.
  static uint32_t number_of(limit_kind kind, uint32_t line) {
    return kind == limit_kind::key ? line - 1 : line;
  }
  bool is_right(const limit_scope_ptr& s, uint32_t line) const;
  void link(const limit_scope_ptr& s, uint32_t line);

  const class_table& classes_;
  limit_book& book_;
  std::array<std::vector<limit_scope_ptr>, 3> links_; ///< by kind, by line
};

} // namespace callboard
