#include "tests/sim/cache_checks.hpp"

namespace callboard::sim {

std::string result_of_attempt(job_id job, fence_token fence) {
  return '"' + to_string(job) + " " + std::to_string(fence.value) + '"';
}

namespace {

/// Empty: the scheduler did not know any more on which worker it ran.
std::string version_of_run(const job_record& rec) {
  return rec.worker.empty() || rec.worker == "?" ? std::string{} : version_of_types(rec.worker);
}

} // namespace

void result_sources::on_completed(const job_record& rec, const std::string& payload) {
  if (!rec.cached_from) {
    sources_[rec.id] = {rec.spec.type, payload, version_of_run(rec), rec.result,
                        rec.finished_at.value_or(time_point{})};
    return;
  }
  const auto broken = [&](const std::string& why) {
    return violation("cache: " + to_string(rec.id) + " has the result of " + to_string(*rec.cached_from) + ", and " +
                     why);
  };
  const auto i = sources_.find(*rec.cached_from);
  if (i == sources_.end())
    throw broken("that did not complete by an attempt of its own");
  if (!rec.cache_key.empty())
    throw broken("others are to take it from there");
  if (!(rec.result == i->second.result))
    throw broken("that had " + std::string{i->second.result.view()} + ", not " + std::string{rec.result.view()});
  if (rec.spec.type != i->second.type)
    throw broken("their types are " + rec.spec.type + " and " + i->second.type);
  if (payload != i->second.payload)
    throw broken("their payloads are " + payload + " and " + i->second.payload);
}

void result_sources::on_hit(const observed_hit& x) {
  const auto broken = [&](const std::string& why) {
    return violation("cache: " + to_string(x.taker) + " is given the result of " + to_string(x.source) + ", and " +
                     why);
  };
  const auto i = sources_.find(x.source);
  if (i == sources_.end())
    throw broken("that did not complete by an attempt of its own");
  if (!i->second.version.empty() && x.version != i->second.version)
    throw broken("that is of version " + i->second.version + ", not " + x.version);
  if (x.at - i->second.finished_at >= x.cache_for)
    throw broken("that is " + std::to_string((x.at - i->second.finished_at).count()) +
                 " us old; allowed are less than " + std::to_string(x.cache_for.count()));
  slots_[x.slot] = x.taker;
}

void result_sources::check_no_attempts(const history& h) const {
  for (const auto& a : h.attempts)
    if (const auto i = slots_.find(a.fence); i != slots_.end())
      throw violation("cache: " + to_string(i->second) + " took a result, and an attempt of it ran on " + a.node);
}

} // namespace callboard::sim
