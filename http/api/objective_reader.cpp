#include "http/api/objective_reader.hpp"

#include "http/json/fields.hpp"

#include <cmath>
#include <string>

namespace callboard {

namespace {

constexpr duration wait_max = std::chrono::hours{24 * 30};

std::optional<double> number_of(const json_scalar& v) {
  if (v.is == json_scalar::type::real)
    return v.real;
  if (v.is == json_scalar::type::natural)
    return static_cast<double>(v.natural);
  return std::nullopt;
}

result<uint32_t> read_share(const json_scalar& v, const std::string& field) {
  constexpr double millionths = 1e6;
  const auto n = number_of(v);
  if (!n)
    return error{ec::invalid_value, field + " must be a share of the jobs such as 0.99, not " + shown(v), field};
  const auto share = std::llround(*n * millionths);
  if (share < objective_share_min || share > objective_share_max)
    return error{ec::out_of_range, field + " must be 0.5 to 0.99999, not " + shown(v), field};
  return static_cast<uint32_t>(share);
}

error missing(const std::string& field, const std::string& what) {
  return {ec::missing_field, field + " is required: " + what, field};
}

} // namespace

result<std::optional<queue_objective>> read_objective(rule_fields& body) {
  if (!body.has_object("objective"))
    return std::optional<queue_objective>{};
  queue_objective o;
  const auto* wait = body.find_value("objective.waitSeconds");
  const auto* wait_share = body.find_value("objective.waitShare");
  const auto* success = body.find_value("objective.successShare");
  if (wait == nullptr && wait_share == nullptr && success == nullptr)
    return missing("objective.successShare", "an objective has a successShare, or waitSeconds and waitShare, or all");
  if ((wait == nullptr) != (wait_share == nullptr))
    return wait == nullptr ? missing("objective.waitSeconds", "within what the share of waitShare is to start")
                           : missing("objective.waitShare", "how many jobs are to start within waitSeconds");
  if (wait != nullptr) {
    const auto time = read_seconds(*wait, "objective.waitSeconds", std::chrono::milliseconds{1}, wait_max);
    if (!time)
      return time.err();
    o.wait = *time;
    const auto share = read_share(*wait_share, "objective.waitShare");
    if (!share)
      return share.err();
    o.wait_millionths = *share;
  }
  if (success != nullptr) {
    const auto share = read_share(*success, "objective.successShare");
    if (!share)
      return share.err();
    o.success_millionths = *share;
  }
  if (const auto* window = body.find_value("objective.window")) {
    const auto time = read_seconds(*window, "objective.window", objective_window_min, objective_window_max);
    if (!time)
      return time.err();
    o.window = *time;
  }
  return std::optional{o};
}

} // namespace callboard
