#include "http/api/event_filter_reader.hpp"

#include "http/json/fields.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace callboard {

namespace {

error unknown_kind(std::string_view given, const std::string& field) {
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
          field};
}

result<event_kinds> read_kind_list(std::string_view text) {
  event_kinds out;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto kinds = read_event_kinds(text.substr(0, comma), "kind");
    if (!kinds)
      return kinds.err();
    out |= *kinds;
    if (comma == text.size())
      return out;
    text.remove_prefix(comma + 1);
  }
}

} // namespace

result<event_kinds> read_event_kinds(std::string_view name, const std::string& field) {
  const auto kinds = kinds_named(name);
  if (kinds.none())
    return unknown_kind(name, field);
  return kinds;
}

result<done> read_event_names(event_filter& f, const std::function<const std::string*(const char* name)>& find,
                              const std::string& path) {
  const std::pair<const char*, std::string*> names[] = {
    {"queue", &f.queue}, {"type", &f.type}, {"workflow", &f.workflow}, {"worker", &f.worker}};
  for (const auto& [name, to] : names)
    if (const auto* v = find(name)) {
      if (v->empty())
        return error{ec::invalid_value, path + name + " must not be empty; leave it out for events of any",
                     path + name};
      *to = *v;
    }
  return done{};
}

result<event_filter> read_event_filter(const parsed_target& target) {
  event_filter f;
  if (const auto* v = target.find("kind")) {
    auto kinds = read_kind_list(*v);
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
  if (auto ok = read_event_names(f, [&](const char* name) { return target.find(name); }); !ok)
    return std::move(ok).err();
  return f;
}

} // namespace callboard
