#include "messages/convert.hpp"

#include <nlohmann/json.hpp>

namespace callboard {

attempt_ended to_wire(job_id job, fence_token fence, attempt_outcome&& o) {
  attempt_ended x;
  x.job = job.value;
  x.fence = fence.value;
  x.kind = static_cast<uint8_t>(o.kind);
  x.code = std::move(o.code);
  x.message = std::move(o.message);
  x.result = o.result.view();
  x.snooze_us = o.snooze.count();
  x.retry_after_us = o.retry_after.count();
  x.log_first = o.log.first;
  x.log = std::move(o.log.lines);
  x.started_at_us = to_wire(o.started_at);
  x.finished_at_us = to_wire(o.finished_at);
  x.cpu_us = o.usage.cpu_us;
  x.peak_memory_bytes = o.usage.peak_memory_bytes;
  if (o.checkpoint && o.kind != outcome_kind::succeeded) {
    x.saved = true;
    x.checkpoint = o.checkpoint->view();
  }
  return x;
}

blob dropped_result(size_t bytes) {
  return blob{R"({"dropped":true,"bytes":)" + std::to_string(bytes) + "}"};
}

bool result_check::is_json(const std::string& text) {
  constexpr size_t short_bytes = 64;
  if (!good_.empty() && text == good_)
    return true;
  if (!nlohmann::json::accept(text))
    return false;
  if (text.size() <= short_bytes)
    good_ = text;
  return true;
}

std::optional<attempt_outcome> outcome_from_wire(attempt_ended&& x, size_t result_bytes_max, result_check& check) {
  if (x.kind > static_cast<uint8_t>(outcome_kind::returned))
    return std::nullopt;
  attempt_outcome o;
  o.kind = static_cast<outcome_kind>(x.kind);
  o.code = std::move(x.code);
  o.message = std::move(x.message);
  o.log = {x.log_first, std::move(x.log)};
  const auto size = x.result.size();
  const bool too_large = size > result_bytes_max;
  if (too_large || (size != 0 && !check.is_json(x.result))) {
    o.log.lines.push_back("the result of " + std::to_string(size) + " bytes is dropped: it is " +
                          (too_large ? "larger than workers.result_bytes_max of the scheduler" : "not JSON"));
    o.result = dropped_result(size);
  } else {
    o.result = blob{std::move(x.result)};
  }
  o.snooze = duration{std::max<int64_t>(0, x.snooze_us)};
  o.retry_after = duration{std::max<int64_t>(0, x.retry_after_us)};
  o.started_at = time_from_wire(std::max<int64_t>(0, x.started_at_us));
  o.finished_at = time_from_wire(std::max<int64_t>(0, x.finished_at_us));
  if (x.saved)
    o.checkpoint = blob{std::move(x.checkpoint)};
  o.usage = {std::max<int64_t>(0, x.cpu_us), x.peak_memory_bytes};
  return o;
}

} // namespace callboard
