#include "http/api/audited.hpp"

#include "core/base/name.hpp"
#include "http/api/bulk_reader.hpp"
#include "http/json/json_document.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "audit/audit_log.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// Longer names and ids are cut; the longest that mean anything are shorter.
constexpr size_t target_bytes_max = 512;

/// An act under way. Its steps run on the side thread of the server, but for the ends of `begin` and `end`, which are
/// the log's.
class audited_act : public std::enable_shared_from_this<audited_act> {
public:
  audited_act(const api& a, const route* seen, router::match m, http_request request, responder to)
    : a_(a), log_(a.audit), seen_(seen), m_(std::move(m)), request_(std::move(request)), to_(std::move(to)) {
  }

  void begin(std::string name) {
    record_.act = std::move(name);
    record_.at = a_.clock();
    record_.target = target();
    record_.actor = {request_.address, request_.user_agent, request_.claimed_by};
    // Of a single job there is one record, with its outcome, unless it is doubtful whether that can be written.
    if (act().of_job && log_->state().failing.empty())
      return run();
    log_->begin(record_, [self = shared_from_this()](const result<uint64_t>& sequence) {
      self->aside([self, sequence] { self->begun(sequence); });
    });
  }

private:
  const route_act& act() const {
    return m_.to->act;
  }
  void aside(std::function<void()> work) const {
    a_.aside(std::move(work));
  }

  std::string target() const {
    std::string out;
    for (const auto& p : m_.params)
      out += (out.empty() ? "" : "/") + p;
    // A schedule that is made is named in the body; what is no name is refused.
    if (m_.params.empty())
      if (const auto body = json::parse(request_.body, nullptr, false); body.is_object() && body.contains("name"))
        if (const auto& name = body["name"];
            name.is_string() && is_name(name_kind::schedule, name.get_ref<const std::string&>()))
          out = name;
    out.resize(std::min(out.size(), target_bytes_max));
    return out;
  }

  void begun(const result<uint64_t>& sequence) {
    if (sequence)
      record_.intent = *sequence;
    else if (sequence.err().code == ec::shutting_down || a_.audit_rules.on_failure == "refuse")
      return to_([e = sequence.err()] {
        if (e.code == ec::shutting_down)
          return failed(e);
        return failed({ec::storage_unavailable,
                       "nothing was done: the audit log cannot be written (audit.on_failure is refuse): " + e.message});
      });
    const bool wants_before = act().values == act_values::before || act().values == act_values::before_and_after;
    if (seen_ == nullptr || !wants_before)
      return run();
    http_request look;
    const parsed_target none;
    call(*seen_, look, none, [self = shared_from_this()](const http_response& r) {
      if (r.status == 200)
        self->record_.before = bounded_value(r.body, self->a_.audit_rules.values_bytes_max);
      self->run();
    });
  }

  void run() {
    call(*m_.to, request_, m_.target, [self = shared_from_this()](http_response r) { self->ended(std::move(r)); });
  }

  /// Runs a handler, and goes on with its answer aside.
  template <class Then>
  void call(const route& r, http_request& request, const parsed_target& target, Then then) {
    const responder to{
      [self = shared_from_this(), then, given = std::make_shared<std::atomic<bool>>(false)](auto make) {
        if (given->exchange(true)) // the first answer counts
          return;
        self->aside([self, then, make = std::move(make)] { then(made(make)); });
      }};
    const std::string none;
    std::optional<http_response> at_once;
    try {
      at_once = r.run({a_, request, target, m_.params.empty() ? none : m_.params.front(), m_.params}, to);
    } catch (const std::exception& e) {
      at_once = failed({ec::internal_error, std::string{"the request could not be processed: "} + e.what()});
    }
    if (at_once)
      then(std::move(*at_once));
  }

  void ended(http_response r) {
    const bool refused = r.status >= 400 && r.status < 500;
    const auto max = a_.audit_rules.values_bytes_max;
    record_.at = a_.clock();
    record_.outcome = audit_outcome{r.status, r.failure ? std::string{to_string(r.failure->code)} : std::string{}};
    if (!refused)
      record_.request =
        bounded_value(audited_request(*a_.redactions, request_.body, a_.http.json_depth_max, act().secret), max);
    const bool wants_after = act().values == act_values::answer || act().values == act_values::before_and_after;
    if (wants_after && r.status < 400)
      record_.after = bounded_value(r.body, max);
    if (refused)
      record_.before.clear();
    auto answer = std::make_shared<http_response>(std::move(r));
    log_->end(record_, [to = to_, answer](const result<uint64_t>&) { to([answer] { return std::move(*answer); }); });
  }

  const api& a_;
  const std::shared_ptr<audit_log> log_;
  const route* seen_;
  router::match m_;
  http_request request_;
  const responder to_;
  audit_record record_;
};

void hide(const redaction& all, json& v) {
  if (v.is_array())
    for (auto& x : v)
      hide(all, x);
  if (!v.is_object())
    return;
  for (auto i = v.begin(); i != v.end(); ++i) {
    if (i.key() == "payload" && all.has_payload())
      i.value() = json::parse(all.shown_payload(compact_text(i.value())));
    else if (i.key() == "template" && i.value().is_object() && i.value().contains("parameters"))
      i.value()["parameters"] = redaction::mark;
    else
      hide(all, i.value());
  }
}

} // namespace

std::string audited_name(const api& a, const route& r, const std::string& body) {
  if (!a.audit || r.act.name.empty() || (r.act.of_job && !a.audit_rules.jobs))
    return {};
  const bool is_bulk = r.act.name == "bulk";
  if (!is_bulk && !r.act.name.starts_with("dead."))
    return std::string{r.act.name};
  const auto v = json::parse(body, nullptr, false);
  if (!v.is_object())
    return std::string{r.act.name};
  if (v.contains("dryRun") && v["dryRun"] == true)
    return {};
  using enum bulk_action;
  if (is_bulk)
    for (const auto action : std::array{cancel, retry, discard, change, hold, release})
      if (v.contains("action") && v["action"] == to_string(action))
        return "bulk." + std::string{to_string(action)};
  return std::string{r.act.name};
}

void run_audited(const api& a, std::string name, const route* seen, router::match m, http_request request,
                 const responder& to) {
  std::make_shared<audited_act>(a, seen, std::move(m), std::move(request), to)->begin(std::move(name));
}

std::string audited_request(const redaction_book& hidden, const std::string& body, uint32_t depth_max,
                            std::string_view secret) {
  auto v = body.empty() ? result<json>{json{}} : read_document(body, depth_max);
  if (!v || v->is_null())
    return {};
  if (const auto all = hidden.of_any())
    hide(*all, *v);
  if (const std::string name{secret}; !name.empty() && v->is_object() && v->contains(name))
    (*v)[name] = redaction::mark;
  return compact_text(*v);
}

} // namespace callboard
