#include "http/api/name_page.hpp"

#include "http/json/fields.hpp"

#include <algorithm>

namespace callboard {

result<name_page> read_name_page(const request_context& c, const std::function<bool(std::string_view)>& is_cursor) {
  name_page page;
  if (const auto* cursor = c.target.find("cursor")) {
    if (!is_cursor(*cursor))
      return error{ec::invalid_value,
                   "cursor must be the `next` of a former page, not " + shown(std::string_view{*cursor}), "cursor"};
    page.after = *cursor;
  }
  const auto max = c.a.http.list_limit_max;
  const auto limit = read_limit(c.target, std::min(name_page_rows, max), max);
  if (!limit)
    return limit.err();
  page.limit = *limit;
  return page;
}

} // namespace callboard
