#include "http/api/event_filter.hpp"

#include "http/json/fields.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace callboard {

namespace {

error unknown_kind(std::string_view given) {
  std::vector<std::string> families, kinds;
  for (size_t i = 0; i < event_kind_count; ++i) {
    const auto k = static_cast<event_kind>(i);
    kinds.emplace_back(to_string(k));
    if (const std::string family{family_of(k)}; families.empty() || families.back() != family)
      families.push_back(family);
  }
  return {ec::invalid_value,
          "there is no kind of event " + shown(given) + "; families are " + joined(families) + "; kinds are " +
            joined(kinds),
          "kind"};
}

result<std::bitset<event_kind_count>> read_kinds(std::string_view text) {
  std::bitset<event_kind_count> out;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = text.substr(0, comma);
    bool known = false;
    for (size_t i = 0; i < event_kind_count; ++i)
      if (const auto k = static_cast<event_kind>(i); to_string(k) == word || family_of(k) == word) {
        out.set(i);
        known = true;
      }
    if (!known)
      return unknown_kind(word);
    if (comma == text.size())
      return out;
    text.remove_prefix(comma + 1);
  }
}

} // namespace

bool event_filter::passes(const scheduler_event& e) const {
  return kinds[static_cast<size_t>(e.kind)] && (!job || job == e.job) && (queue.empty() || queue == e.queue) &&
         (type.empty() || type == e.type) && (workflow.empty() || workflow == e.workflow) &&
         (worker.empty() || (e.worker && worker == *e.worker));
}

result<event_filter> read_event_filter(const parsed_target& target) {
  event_filter f;
  if (const auto* v = target.find("kind")) {
    auto kinds = read_kinds(*v);
    if (!kinds)
      return std::move(kinds).err();
    f.kinds = *kinds;
  }
  if (const auto* v = target.find("id")) {
    const auto id = parse_job_id(*v);
    if (!id)
      return error{ec::invalid_value,
                   "id must be a job's, job_ and 13 characters such as job_01h8xgq2m4k7c, not " +
                     shown(std::string_view{*v}),
                   "id"};
    f.job = *id;
  }
  const std::pair<const char*, std::string*> names[] = {
    {"queue", &f.queue}, {"type", &f.type}, {"workflow", &f.workflow}, {"worker", &f.worker}};
  for (const auto& [name, to] : names)
    if (const auto* v = target.find(name)) {
      if (v->empty())
        return error{ec::invalid_value, std::string{name} + " must not be empty; leave it out for events of any", name};
      *to = *v;
    }
  return f;
}

} // namespace callboard
