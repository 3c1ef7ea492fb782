#include "http/api/type_defaults.hpp"

#include "http/api/api.hpp"
#include "http/api/single_job_reader.hpp"

#include <utility>

namespace callboard {

result<type_defaults> read_type_defaults(const api& a, std::string_view text) {
  single_job_reader reader{a, text, a.clock(), job_place::defaults};
  if (auto e = parse_json(text, reader, a.http.json_depth_max))
    return std::move(*e);
  auto d = reader.finish_defaults();
  if (!d)
    return within(std::move(d).err(), "defaults");
  return d;
}

std::shared_ptr<const type_defaults> type_defaults_book::find(std::string_view type) const {
  if (!any_)
    return nullptr;
  const std::lock_guard lock{mutex_};
  const auto found = by_type_.find(type);
  return found != by_type_.end() ? found->second : nullptr;
}

void type_defaults_book::set(const std::string& type, std::shared_ptr<const type_defaults> d) {
  const std::lock_guard lock{mutex_};
  if (d)
    by_type_.insert_or_assign(type, std::move(d));
  else
    by_type_.erase(type);
  any_ = !by_type_.empty();
}

result<done> use_type_defaults(const api& a, const std::string& type, std::string_view text) {
  if (text.empty()) {
    a.defaults->set(type, nullptr);
    return done{};
  }
  auto d = read_type_defaults(a, text);
  a.defaults->set(type, d ? std::make_shared<const type_defaults>(std::move(*d)) : nullptr);
  if (!d)
    return std::move(d).err();
  return done{};
}

} // namespace callboard
