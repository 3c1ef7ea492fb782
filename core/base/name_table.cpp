#include "core/base/name_table.hpp"

#include "core/base/invariant.hpp"

namespace callboard {

std::optional<uint16_t> name_table::intern(std::string_view name) {
  if (const auto known = find(name))
    return known;
  if (names_.size() == names_max)
    return std::nullopt;
  const auto index = static_cast<uint16_t>(names_.size());
  const std::string& kept = names_.emplace_back(name);
  indices_.emplace(kept, index);
  return index;
}

std::optional<uint16_t> name_table::find(std::string_view name) const {
  const auto it = indices_.find(name);
  if (it == indices_.end())
    return std::nullopt;
  return it->second;
}

std::string_view name_table::name(uint16_t index) const {
  CB_INVARIANT(index < names_.size(), "the number of a name was given by this table");
  return names_[index];
}

void name_table::sanity_check() const {
  CB_INVARIANT(indices_.size() == names_.size(), "each name has one number");
  for (const auto& [name, index] : indices_)
    CB_INVARIANT(index < names_.size() && names_[index] == name, "a name's number leads back to it");
}

} // namespace callboard
