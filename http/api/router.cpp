#include "http/api/router.hpp"

#include "http/api/audited.hpp"
#include "http/api/media_type.hpp"
#include "http/json/fields.hpp"

#include <algorithm>
#include <exception>

namespace callboard {

namespace {

constexpr std::string_view open_segment = "{}";

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    if (slash > at)
      out.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

std::optional<error> check_content_type(body_kind kind, const http_request& r) {
  if (kind == body_kind::none || r.body.empty())
    return std::nullopt;
  if (is_media_type(r.content_type, media_json))
    return std::nullopt;
  if (kind == body_kind::batch && is_media_type(r.content_type, media_ndjson))
    return std::nullopt;
  return error{ec::unsupported_media_type,
               std::string{"Content-Type must be application/json"} +
                 (kind == body_kind::batch ? " or application/x-ndjson" : "") + ", not " +
                 (r.content_type.empty() ? "missing" : shown(std::string_view{r.content_type})),
               "Content-Type"};
}

} // namespace

router::router(const api& a, std::vector<route> table) : api_(a) {
  for (auto& r : table) {
    auto segments = split(r.path);
    const bool open = std::find(segments.begin(), segments.end(), open_segment) != segments.end();
    table_.push_back({std::move(r), std::move(segments), open});
  }
  // A path that is spelled out comes before one with an open segment: /api/jobs/submit is no job's id.
  std::stable_partition(table_.begin(), table_.end(), [](const entry& e) { return !e.open; });
}

bool router::fits(const entry& e, const parsed_target& t) const {
  if (e.segments.size() != t.segments.size())
    return false;
  for (size_t i = e.segments.size(); i-- > 0;)
    if (e.segments[i] != open_segment && e.segments[i] != t.segments[i])
      return false;
  return true;
}

router::match router::find(http_method method, std::string_view target) const {
  match m;
  auto parsed = parse_target(target);
  if (!parsed) {
    m.refusal = failed(std::move(parsed).err());
    return m;
  }
  m.target = std::move(*parsed);
  const auto wanted = method == http_method::head ? http_method::get : method;
  std::string allow;
  const entry* first = nullptr;
  for (const auto& e : table_) {
    if (!fits(e, m.target) || (first != nullptr && !first->open && e.open))
      continue;
    if (first == nullptr)
      first = &e;
    if (e.r.method == wanted) {
      m.to = &e.r;
      for (size_t i = 0; i < e.segments.size(); ++i)
        if (e.segments[i] == open_segment)
          m.params.push_back(m.target.segments[i]);
      break;
    }
    allow += (allow.empty() ? "" : ", ") + std::string{to_string(e.r.method)};
    if (e.r.method == http_method::get)
      allow += ", HEAD";
  }
  if (m.to == nullptr) {
    const auto path = shown(target.substr(0, target.find('?')));
    if (first == nullptr) {
      m.refusal = failed({ec::not_found, "there is nothing at " + path + "; GET /api lists the endpoints"});
    } else {
      m.refusal = failed({ec::method_not_allowed, path + " understands " + allow});
      m.refusal->allow = std::move(allow);
    }
    return m;
  }
  for (const auto& [name, value] : m.target.query) {
    const auto& known = m.to->query;
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    m.refusal = failed({ec::unknown_field,
                        "unknown query parameter " + shown(std::string_view{name}) + "; known here are " +
                          (known.empty() ? "none" : joined({known.begin(), known.end()})),
                        name});
    m.to = nullptr;
    break;
  }
  return m;
}

const route* router::seen_at(const route_act& act) const {
  const auto found = std::find_if(table_.begin(), table_.end(), [&](const entry& e) {
    return !act.seen_at.empty() && e.r.method == http_method::get && e.r.path == act.seen_at;
  });
  return found == table_.end() ? nullptr : &found->r;
}

uint64_t router::body_bytes_max(const match& m) const {
  return m.to != nullptr && m.to->body == body_kind::batch ? api_.http.batch_bytes_max : api_.http.body_bytes_max;
}

std::string_view router::body_limit_name(const match& m) const {
  return m.to != nullptr && m.to->body == body_kind::batch ? "http.batch_bytes_max" : "http.body_bytes_max";
}

std::optional<http_response> router::run(match& m, http_request& request, const responder& to) const {
  if (m.refusal)
    return std::move(m.refusal);
  if (auto e = check_content_type(m.to->body, request))
    return failed(std::move(*e));
  if (auto name = audited_name(api_, *m.to, request.body); !name.empty()) {
    const auto* seen = seen_at(m.to->act);
    run_audited(api_, std::move(name), seen, std::move(m), std::move(request), to);
    return std::nullopt;
  }
  try {
    static const std::string none;
    return m.to->run({api_, request, m.target, m.params.empty() ? none : m.params.front(), m.params}, to);
  } catch (const std::exception& e) {
    return failed({ec::internal_error, std::string{"the request could not be processed: "} + e.what()});
  }
}

} // namespace callboard
