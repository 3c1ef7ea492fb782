#pragma once

#include "http/api/answer.hpp"
#include "http/api/router.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Which part of a list in the order of its names is asked for.
struct name_page {
  std::string after; ///< names behind this one
  uint32_t limit = 0;
};

/// Rows on a page when the client does not say how many, unless `http.list_limit_max` allows less.
inline constexpr uint32_t name_page_rows = 100;

/// Reads `cursor` and `limit` of the query. @param is_cursor  the text may have been the `next` of a page.
/// Errors: invalid_value, out_of_range.
result<name_page> read_name_page(const request_context& c, const std::function<bool(std::string_view)>& is_cursor);

/// `{"LIST":[…],"count":n,"next":…}`. @param write  `write(json_writer&, row)`. @param next  the cursor of the next
/// page; nothing: this is the last one.
template <class Rows, class Write>
http_response name_page_answer(std::string_view list, const Rows& rows, const std::optional<std::string>& next,
                               Write write) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key(list).open('[');
    for (const auto& row : rows)
      write(w, row);
    w.close(']').key("count").number(rows.size()).key("next");
    if (next)
      w.text(*next);
    else
      w.raw("null");
    w.close('}');
  });
}

} // namespace callboard
