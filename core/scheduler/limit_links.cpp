#include "core/scheduler/limit_links.hpp"

#include "core/base/invariant.hpp"
#include "core/job/unique_lane.hpp"

namespace callboard {

bool limit_links::is_right(const limit_scope_ptr& s, uint32_t line) const {
  const auto kind = s->target.kind;
  return s->known && names(kind).name(number_of(kind, line)) == s->name;
}

void limit_links::link(const limit_scope_ptr& s, uint32_t line) {
  auto& to = links(s->target.kind);
  if (to.size() <= line)
    to.resize(line + size_t{1});
  forget(*s); // its name may have had another number
  to[line] = s;
  s->line = line;
}

limit_scope_ptr limit_links::find(limit_kind kind, uint32_t line) {
  if (!book_.any(kind))
    return nullptr;
  const auto& known = links(kind);
  if (line < known.size() && known[line] && is_right(known[line], line))
    return known[line];
  auto s = book_.find(kind, names(kind).name(number_of(kind, line)));
  if (s)
    link(s, line);
  return s;
}

limit_units limit_links::units_of(const job_class& c) {
  limit_units u{find(limit_kind::queue, c.queue), find(limit_kind::type, classes_.shapes().at(c.shape).type), nullptr};
  if (c.lane == 0)
    return u;
  u.key = find(limit_kind::key, c.lane);
  if (u.key)
    return u;
  // Without a rule of its own a key has the one of its queue, or that of unique keys.
  const auto key = classes_.key_of(c.lane);
  if ((!u.queue || u.queue->rule.per_key == key_limit{}) && !is_unique_lane(key))
    return u;
  u.key = book_.scope_of_key(classes_.queues().name(c.queue), key);
  if (u.key)
    link(u.key, c.lane);
  return u;
}

std::optional<uint32_t> limit_links::line_of(const limit_scope_ptr& s) {
  const auto kind = s->target.kind;
  const auto& known = links(kind);
  if (s->line < known.size() && known[s->line] == s && names(kind).name(number_of(kind, s->line)) == s->name)
    return s->line;
  const auto number = names(kind).find(s->name);
  return number ? std::optional{kind == limit_kind::key ? *number + 1 : *number} : std::nullopt;
}

void limit_links::forget(const limit_scope& s) {
  auto& known = links(s.target.kind);
  if (s.line < known.size() && known[s.line].get() == &s)
    known[s.line].reset();
}

void limit_links::sanity_check() const {
  for (const auto& known : links_)
    for (size_t line = 0; line < known.size(); ++line)
      CB_INVARIANT(!known[line] || (known[line]->known && known[line]->line == line),
                   "a linked scope is one that the book knows, and knows its link");
}

} // namespace callboard
