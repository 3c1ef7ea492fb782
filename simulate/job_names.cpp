#include "simulate/job_names.hpp"

#include <algorithm>

namespace callboard::simulate {

job_names::job_names(const scenario& plan) : plan_(plan) {
  for (const auto& [group, names] : plan.jobs)
    for (const auto& name : names)
      jobs_[name].name = name;
}

std::vector<const submitted_job*> job_names::meant_by(const std::string& name) const {
  std::vector<const submitted_job*> out;
  if (const auto i = plan_.jobs.find(name); i != plan_.jobs.end()) {
    for (const auto& one : i->second)
      out.push_back(&jobs_.at(one));
  } else if (const auto s = scheduled_.find(name); s != scheduled_.end()) {
    for (const auto& one : s->second)
      out.push_back(&jobs_.at(one));
  } else if (const auto j = jobs_.find(name); j != jobs_.end()) {
    out.push_back(&j->second);
  }
  return out;
}

std::vector<const submitted_job*> job_names::all() const {
  std::vector<const submitted_job*> out;
  for (const auto& [name, job] : jobs_)
    out.push_back(&job);
  return out;
}

void job_names::add(const job_record& rec) {
  if (scheduled_names_.count(rec.id) != 0)
    return;
  const auto& origin = rec.spec.origin;
  const auto& f = rec.spec.for_each;
  if (origin && !origin->by_hand) {
    const auto group = jobs_of_schedule(origin->name);
    add_to(group, group + std::to_string(scheduled_[group].size() + 1), rec.id);
  } else if (f && f->stage == fan_out_stage::element) {
    const auto name = job_of_workflow(rec.spec.workflow->id, rec.spec.workflow->key);
    add_to(name.substr(0, name.rfind('[')) + "[]", name, rec.id);
  }
}

void job_names::add_to(const std::string& group, std::string name, job_id id) {
  scheduled_[group].push_back(name);
  scheduled_names_.emplace(id, name);
  jobs_[name] = {name, submitted_job::fate::accepted, id, {}, {}};
}

std::string job_names::name_of(job_id id) const {
  if (const auto i = scheduled_names_.find(id); i != scheduled_names_.end())
    return i->second;
  for (const auto& [name, job] : jobs_)
    if (job.id == id)
      return name;
  return to_string(id);
}

std::string job_names::with_names(const std::string& text) const {
  static const size_t id_size = to_string(job_id{1}).size();
  std::string out;
  size_t from = 0;
  for (size_t at = text.find("job_"); at != std::string::npos; at = text.find("job_", from)) {
    const auto id = parse_job_id(std::string_view{text}.substr(at, id_size));
    const auto end = at + (id ? id_size : 1);
    out.append(text, from, at - from);
    out += id ? name_of(*id) : text.substr(at, 1);
    from = end;
  }
  return out.append(text, from);
}

} // namespace callboard::simulate
