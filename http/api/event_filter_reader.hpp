#pragma once

#include "core/base/error.hpp"
#include "core/scheduler/event_filter.hpp"
#include "http/api/query.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace callboard {

/// Reads which events a query asks for: `kind` (kinds and families, with commas between them), `id`, `queue`, `type`,
/// `workflow`, `worker`. Error: invalid_value with the field.
result<event_filter> read_event_filter(const parsed_target& target);

/// The kinds of a name: a kind or a family. Error: invalid_value with the field, which lists all.
result<event_kinds> read_event_kinds(std::string_view name, const std::string& field);

/// Reads `queue`, `type`, `workflow` and `worker` into the filter. @param find  the text of a member; null: it was not
/// given.  @param path  stands before the field in an error.  Error: invalid_value with the field.
result<done> read_event_names(event_filter& f, const std::function<const std::string*(const char* name)>& find,
                              const std::string& path = {});

} // namespace callboard
