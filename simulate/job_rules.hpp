#pragma once

#include "core/calendar/schedule_definition.hpp"
#include "core/job/job_life.hpp"
#include "core/job/requests.hpp"
#include "core/placement/limit_rule.hpp"
#include "http/api/api.hpp"
#include "http/api/batch.hpp"
#include "http/api/no_backend.hpp"
#include "http/api/workflow.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace callboard::simulate {

/// The rules of REST for what a client sends, with the settings and job types of a scenario: the very reader.
class job_rules {
public:
  job_rules(const settings& s, std::set<std::string, std::less<>> types);
  job_rules(const job_rules&) = delete;
  job_rules& operator=(const job_rules&) = delete;

  /// Reads a batch as REST takes it. Errors: of the whole; those of a job stay with the job.
  result<parsed_batch> read_batch(const std::vector<nlohmann::json>& jobs, bool atomic, time_point now) const;
  /// Reads a workflow as REST takes it, with units and times from `now` on. Errors: as REST's.
  result<parsed_workflow> read_workflow(nlohmann::json body, const std::string& id, time_point now) const;
  /// Reads a change as PATCH takes it. Errors: as REST's.
  result<job_patch> read_patch(const nlohmann::json& body, time_point now) const;

  /// Reads a schedule as POST takes it. Errors: as REST's.
  result<schedule_definition> read_schedule(const nlohmann::json& body, time_point now) const;
  /// The names of a queue, a type or a key as a path has them. Errors: as REST's.
  result<done> check_limit_target(const limit_target& t) const;
  /// Reads a rule as PUT takes it. Errors: as REST's.
  result<limit_rule> read_limit(limit_kind kind, const nlohmann::json& rule) const;

private:
  class scripted_types final : public accepted_types {
  public:
    explicit scripted_types(std::set<std::string, std::less<>> names) : names_(std::move(names)) {
    }
    bool has(std::string_view type) const override {
      return names_.find(type) != names_.end();
    }
    std::string listed() const override;
    result<done> check(std::string_view, const nlohmann::json&) const override {
      return done{};
    }

  private:
    std::set<std::string, std::less<>> names_;
  };

  no_backend nobody_;
  scripted_types types_;
  api api_;
};

/// A time from `now` on (`+90s`) as RFC 3339, to the microsecond; any other value as it is.
nlohmann::json absolute_time(const nlohmann::json& v, time_point now);

/// The body of a job with its times from `now` on, and the timeouts' units, as REST takes them.
nlohmann::json absolute_body(nlohmann::json body, time_point now);
/// The same of a schedule, with its job.
nlohmann::json absolute_schedule(nlohmann::json body, time_point now);
/// A rule with the periods' units as REST takes it.
nlohmann::json plain_limit(nlohmann::json rule);

/// `each(rate, path)` for every rate in a rule that is an object.
template <class Rule, class Each>
void for_each_rate(Rule& rule, Each each) {
  const auto look = [&](auto& in, const char* name, const std::string& path) {
    if (const auto rate = in.find(name); rate != in.end() && rate->is_object())
      each(*rate, path);
  };
  look(rule, "rate", "rate");
  look(rule, "retryRate", "retryRate");
  look(rule, "preemption", "preemption");
  if (const auto per_key = rule.find("perKey"); per_key != rule.end() && per_key->is_object())
    look(*per_key, "rate", "perKey.rate");
}

} // namespace callboard::simulate
