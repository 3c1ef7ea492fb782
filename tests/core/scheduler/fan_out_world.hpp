#pragma once

#include "tests/core/scheduler/hand_world.hpp"

#include <string>
#include <vector>

namespace callboard::test {

/// list -> each (forEach) -> report
struct fan_out_world : hand_world {
  explicit fan_out_world(decision_settings s = plain_settings()) : hand_world(s) {
  }
  void build(fan_out f = {}, uint32_t slots = 2) {
    start();
    w = join("w1", slots);
    list = submit(part("list", {}));
    auto s = part("each", {list});
    f.over = "list";
    s.for_each = f;
    s.max_retries = 0;
    each = submit(s);
    report = submit(part("report", {each}));
  }
  static job_spec part(const std::string& key, std::vector<job_id> after) {
    job_builder b;
    for (auto id : after)
      b.after(id);
    auto s = b.spec();
    s.workflow = workflow_part{"w", "w", key, false};
    return s;
  }
  /// The list is done, and each fans out as far as that goes.
  void list_ends(const std::string& elements) {
    end(w, list, with(elements));
  }
  static attempt_outcome with(std::string text) {
    attempt_outcome o;
    o.result = blob{std::move(text)};
    return o;
  }
  std::vector<job_id> elements() const {
    std::vector<job_id> out;
    for (const auto& [id, rec] : disk)
      if (rec.spec.for_each && rec.spec.for_each->stage == fan_out_stage::element)
        out.push_back(id);
    return out;
  }
  void all_end(const std::string& result = "7") {
    for (auto id : elements())
      end(w, id, with(result));
  }
  uint32_t taken() const {
    return core.state().ledger.busy_slots();
  }

  worker_id w;
  job_id list, each, report;
};

} // namespace callboard::test
