#include "simulate/chronicle.hpp"

#include <utility>

namespace callboard::simulate {

void chronicle::add(std::string what, std::string subject, std::string text) {
  trace_.push_back({stamp(), std::move(what), job_id{}, std::move(subject), std::move(text)});
}

void chronicle::job_is(const job_record& rec, std::string what, std::string text) {
  auto& story = jobs_[rec.id];
  story.now = rec;
  story.gone = false;
  if (!is_terminal(rec.state))
    story.finished.reset();
  else if (!story.finished)
    story.finished = stamp();
  if (!what.empty())
    trace_.push_back({stamp(), std::move(what), rec.id, {}, std::move(text)});
}

void chronicle::forget_all_but(const std::vector<job_record>& stored) {
  std::map<job_id, const job_record*> by_id;
  for (const auto& rec : stored)
    by_id.emplace(rec.id, &rec);
  for (auto& [id, story] : jobs_) {
    if (const auto i = by_id.find(id); i != by_id.end()) {
      story.now = *i->second;
      if (!is_terminal(story.now.state))
        story.finished.reset();
    } else if (!std::exchange(story.gone, true)) {
      trace_.push_back({stamp(), "gone", id, {}, "it was in the memory of the scheduler only"});
    }
  }
}

size_t chronicle::attempt_began(job_id id, const std::string& worker) {
  auto& runs = jobs_[id].runs;
  for (const auto& other : runs)
    if (!other.ended)
      fault("two attempts of " + to_string(id) + " run at once, on " + other.worker + " and on " + worker);
  runs.push_back({worker, stamp(), ++attempts_, std::nullopt});
  return runs.size() - 1;
}

void chronicle::attempt_ended(job_id id, size_t run) {
  jobs_[id].runs[run].ended = time_.elapsed();
}

std::string chronicle::refusal_of(const std::string& about) const {
  const auto i = refusals_.find(about);
  return i == refusals_.end() ? std::string{} : i->second;
}

void chronicle::fault(std::string text) {
  trace_.push_back({stamp(), "fault", job_id{}, {}, text});
  faults_.push_back(std::move(text));
}

const job_story* chronicle::find(job_id id) const {
  const auto i = jobs_.find(id);
  return i == jobs_.end() ? nullptr : &i->second;
}

} // namespace callboard::simulate
