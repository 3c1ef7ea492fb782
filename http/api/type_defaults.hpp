#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

struct api;

/// What a new job of a type has in the fields that its client leaves out; what is absent here is as for any type.
struct type_defaults {
  std::optional<uint8_t> priority;
  std::optional<std::string> queue;
  std::optional<duration> timeout;
  std::optional<duration> soft_timeout; ///< not of a job with a timeout that is not longer
  std::optional<uint32_t> max_retries;
  std::optional<retry_policy> retry; ///< as a whole
  std::optional<resource_request> resources;
  std::optional<durability> level;
  std::string type_version; ///< empty: no default
  std::optional<duration> preemptible_after;
  /// Where the concurrency key stands in the payload; empty: no default.
  std::string key_path;
};

/// Reads them from a JSON object with the names and the rules of a submitted job. Field paths begin with `defaults`.
/// Errors: those of the fields; invalid_value for a field that has no default.
result<type_defaults> read_type_defaults(const api& a, std::string_view text);

/// The defaults of all types. Thread-safe: read by the threads of the REST interface, set by the scheduler's.
class type_defaults_book {
public:
  /// Null: the type has none.
  std::shared_ptr<const type_defaults> find(std::string_view type) const;
  /// @param d  null: none any more.
  void set(const std::string& type, std::shared_ptr<const type_defaults> d);

private:
  std::atomic<bool> any_{false}; ///< most have none, and each submitted job asks
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const type_defaults>, std::less<>> by_type_;
};

/// What the scheduler keeps of a type holds from now on; an empty text: nothing. Errors: those of `read_type_defaults`,
/// when a setting allows less than before; the type has none then.
result<done> use_type_defaults(const api& a, const std::string& type, std::string_view text);

} // namespace callboard
