#include "core/placement/offer_check.hpp"

#include "core/base/name.hpp"

#include <algorithm>

namespace callboard {

namespace {

template <class Value>
std::optional<error> check_names(const std::vector<std::pair<std::string, Value>>& list, name_kind kind,
                                 const std::string& field) {
  const auto refused = [&](std::string why) { return error{ec::invalid_value, std::move(why), field}; };
  if (list.size() > offer_names_max)
    return refused("a worker has at most " + std::to_string(offer_names_max) + " of them, not " +
                   std::to_string(list.size()));
  if (!std::all_of(list.begin(), list.end(), [&](const auto& x) { return is_name(kind, x.first); }))
    return refused(name_rule(kind));
  const auto out_of_order = [](const auto& a, const auto& b) { return b.first <= a.first; };
  if (std::adjacent_find(list.begin(), list.end(), out_of_order) != list.end())
    return refused("the names must be sorted, each there once");
  return std::nullopt;
}

} // namespace

std::optional<error> check_offer(const resource_offer& o) {
  if (auto e = check_names(o.named, name_kind::resource, "named"))
    return e;
  if (auto e = check_names(o.labels, name_kind::label, "labels"))
    return e;
  for (const auto& [name, value] : o.labels)
    if (value.size() > label_value_bytes_max || control_character_in(value))
      return error{ec::invalid_value,
                   "the value of a label has at most " + std::to_string(label_value_bytes_max) +
                     " bytes without control characters",
                   "labels"};
  return std::nullopt;
}

} // namespace callboard
