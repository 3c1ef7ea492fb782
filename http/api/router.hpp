#pragma once

#include "http/api/api.hpp"
#include "http/api/query.hpp"
#include "http/message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What a handler works on. `request` and `target` live until the handler returns, `a` as long as the server.
struct request_context {
  const api& a;
  http_request& request;
  const parsed_target& target;
  /// The part of the path that the route leaves open: an id or a name; the first of several.
  const std::string& param;
  /// All of them, in their order.
  std::span<const std::string> params;
};

/// Answers at once, or returns nothing and answers later through the responder.
using route_handler = std::optional<http_response> (*)(const request_context& c, const responder& to);

enum class body_kind : uint8_t {
  none,          ///< a body is read and ignored
  json,          ///< application/json
  json_optional, ///< application/json, or no body
  batch,         ///< application/json or application/x-ndjson, up to `batch_bytes_max`
};

/// What the audit log keeps of an act besides who, when, what and its outcome.
enum class act_values : uint8_t {
  request,          ///< what was asked for
  answer,           ///< and the answer
  before,           ///< and what `seen_at` would have shown just before
  before_and_after, ///< and both
};

/// A route that changes something, for the audit log.
struct route_act {
  /// `queue.set`; empty: it is no act.
  std::string_view name = {};
  act_values values = act_values::request;
  /// The path of the GET that shows what is changed, with the same open segments.
  std::string_view seen_at = {};
  /// Of a single job: recorded when `audit.jobs` says so.
  bool of_job = false;
  /// The member of its body that no record may have; empty: there is none.
  std::string_view secret = {};
};

struct route {
  http_method method;
  /// `{}` stands for one open segment.
  std::string_view path;
  body_kind body;
  route_handler run;
  /// Names of the query parameters; any other is refused.
  std::vector<std::string_view> query = {};
  route_act act = {};
};

/// Finds the handler of a request. Constant after construction, so all threads share one.
class router {
public:
  router(const api& a, std::vector<route> table);

  struct match {
    /// Null when there is a refusal.
    const route* to = nullptr;
    parsed_target target;
    std::vector<std::string> params; ///< the open segments of the route, in their order
    /// Why the request will not be run: not_found, method_not_allowed, unknown_field, bad_request.
    std::optional<http_response> refusal;
  };

  /// Decides by what the header says; a body is not needed yet.
  match find(http_method method, std::string_view target) const;
  /// How large the body of such a request may be, in bytes, and the setting that says so.
  uint64_t body_bytes_max(const match& m) const;
  std::string_view body_limit_name(const match& m) const;
  /// Runs the request, once its body is complete. Never throws; a handler's exception becomes internal_error. An act
  /// that the audit log records takes match and request with it, and answers later.
  std::optional<http_response> run(match& m, http_request& request, const responder& to) const;

private:
  struct entry {
    route r;
    std::vector<std::string_view> segments;
    bool open; // has a `{}`
  };
  bool fits(const entry& e, const parsed_target& t) const;
  /// The GET that shows what the act changes; null: there is none.
  const route* seen_at(const route_act& act) const;

  const api& api_;
  std::vector<entry> table_;
};

/// Every endpoint of this release.
std::vector<route> all_routes();

} // namespace callboard
