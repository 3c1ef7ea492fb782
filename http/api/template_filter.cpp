#include "http/api/template_filter.hpp"

#include "core/base/name.hpp"
#include "http/api/turn_loop.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace callboard {

namespace {

/// A list that is being put together.
struct gathered {
  list_request rest; ///< what is asked for next
  template_filter filter;
  uint32_t limit;
  uint32_t examined = 0;
  uint64_t bytes = 0;
  job_list found;

  /// Takes what fits. False: the list is complete.
  bool take(const job_list& page) {
    for (const auto& j : page.jobs) {
      ++examined;
      if (!filter.fits(*j))
        continue;
      found.jobs.push_back(j);
      bytes += j->spec.payload.size() + j->result.size();
      found.next = j->id;
      const bool last = j == page.jobs.back() && !page.next;
      if (found.jobs.size() == limit || bytes >= rest.bytes_max) {
        if (last)
          found.next.reset();
        return false;
      }
    }
    found.next = rest.below = page.next;
    return page.next && examined < template_jobs_examined_max;
  }
};

} // namespace

bool template_filter::fits(const job_record& j) const {
  const auto& from = j.spec.from_template;
  return from && from->name == name && (!version || from->version == *version);
}

result<std::optional<template_filter>> read_template_filter(const parsed_target& query) {
  constexpr std::string_view field = "template";
  const auto* text = query.find(field);
  if (text == nullptr)
    return std::optional<template_filter>{};
  template_filter f;
  const auto at = text->find('@');
  f.name = text->substr(0, at);
  if (!is_name(name_kind::job_template, f.name))
    return error{ec::invalid_value,
                 "template must be the name of a template, or NAME@VERSION, not " + shown(std::string_view{*text}) +
                   "; " + name_rule(name_kind::job_template),
                 std::string{field}};
  if (at != std::string::npos) {
    const auto n = read_integer(std::string_view{*text}.substr(at + 1), field, 1, std::numeric_limits<uint32_t>::max());
    if (!n)
      return n.err();
    f.version = *n;
  }
  return std::optional{std::move(f)};
}

void list_of_template(const api& a, list_request r, template_filter f, reply<job_list> done) {
  auto g = std::make_shared<gathered>(gathered{std::move(r), std::move(f), 0, 0, 0, {}});
  g->limit = std::exchange(g->rest.limit, std::min(http_limits::workflow_page_jobs, a.http.list_limit_max));
  turn_loop::run([&a, g, done](std::function<void()> next) {
    a.back.list(g->rest, [g, done, next](result<job_list> page) {
      if (!page)
        return done(std::move(page).err());
      if (!g->take(*page))
        return done(std::move(g->found));
      next();
    });
  });
}

} // namespace callboard
