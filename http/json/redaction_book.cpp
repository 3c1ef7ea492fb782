#include "http/json/redaction_book.hpp"

namespace callboard {

std::shared_ptr<const redaction> redaction_book::find(std::string_view type) const {
  if (!any_)
    return nullptr;
  const std::lock_guard lock{mutex_};
  const auto found = by_type_.find(type);
  return found != by_type_.end() ? found->second : nullptr;
}

std::shared_ptr<const redaction> redaction_book::of_any() const {
  if (!any_)
    return nullptr;
  const std::lock_guard lock{mutex_};
  std::vector<std::string> all;
  for (const auto& [type, paths] : paths_)
    all.insert(all.end(), paths.begin(), paths.end());
  return std::make_shared<const redaction>(all);
}

void redaction_book::set(const std::string& type, const std::vector<std::string>& paths) {
  const std::lock_guard lock{mutex_};
  if (paths.empty()) {
    paths_.erase(type);
    by_type_.erase(type);
  } else {
    paths_.insert_or_assign(type, paths);
    by_type_.insert_or_assign(type, std::make_shared<const redaction>(paths));
  }
  any_ = !by_type_.empty();
}

} // namespace callboard
