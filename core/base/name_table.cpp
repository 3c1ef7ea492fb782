#include "core/base/name_table.hpp"

#include "core/base/invariant.hpp"

namespace callboard {

name_table::name_table(size_t names_max, size_t idle_kept) : names_max_(names_max), idle_kept_(idle_kept) {
}

std::optional<name_table::numbered> name_table::acquire(std::string_view name) {
  if (const auto known = find(name)) {
    auto& r = rows_[*known];
    if (r.users++ == 0) {
      r.idle_since = 0;
      --idle_count_;
    }
    return numbered{*known, false};
  }
  const bool full = rows_.size() >= names_max_;
  if (full && idle_count_ == 0)
    return std::nullopt;
  uint32_t number = 0;
  if (idle_count_ > 0 && (full || idle_count_ >= idle_kept_)) {
    // Whoever was released again later stands further behind with its latest release.
    while (rows_[idle_.front().second].idle_since != idle_.front().first)
      idle_.pop_front();
    number = idle_.front().second;
    idle_.pop_front();
    --idle_count_;
    numbers_.erase(rows_[number].name);
    rows_[number] = {std::string{name}, 1, 0};
  } else {
    number = static_cast<uint32_t>(rows_.size());
    rows_.push_back({std::string{name}, 1, 0});
  }
  numbers_.emplace(rows_[number].name, number);
  return numbered{number, true};
}

void name_table::release(uint32_t number) {
  CB_INVARIANT(number < rows_.size() && rows_[number].users > 0, "a name is released as often as it was acquired");
  auto& r = rows_[number];
  if (--r.users > 0)
    return;
  r.idle_since = ++releases_;
  ++idle_count_;
  idle_.emplace_back(r.idle_since, number);
  // Entries of names that came and went again since; what is left is at most twice what is idle.
  if (idle_.size() > 2 * idle_count_ + 16)
    std::erase_if(idle_, [this](const auto& e) { return rows_[e.second].idle_since != e.first; });
}

std::optional<uint32_t> name_table::find(std::string_view name) const {
  const auto it = numbers_.find(name);
  if (it == numbers_.end())
    return std::nullopt;
  return it->second;
}

std::string_view name_table::name(uint32_t number) const {
  CB_INVARIANT(number < rows_.size(), "the number of a name was given by this table");
  return rows_[number].name;
}

void name_table::sanity_check() const {
  CB_INVARIANT(numbers_.size() == rows_.size(), "each name has one number");
  size_t idle = 0;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const auto found = find(rows_[i].name);
    CB_INVARIANT(found && *found == i, "a name's number leads back to it");
    CB_INVARIANT((rows_[i].users == 0) == (rows_[i].idle_since != 0), "a name without users is idle");
    idle += rows_[i].users == 0;
  }
  CB_INVARIANT(idle == idle_count_, "the idle names are counted");
}

} // namespace callboard
