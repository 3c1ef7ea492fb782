#include "core/scheduler/membership_flow.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

bool membership_flow::believes(const std::string& name, const worker_registration& r, fence_token f) const {
  // Of this scheduler it is known anyway. A local worker dies with its scheduler.
  if (f.value >> 32 == s_.boot || r.local || planted(bug::former_member_believed))
    return true;
  const auto i = former_.find(name);
  return i != former_.end() && i->second.process == r.boot_epoch && i->second.refused.count(f) == 0;
}

void membership_flow::add(worker_id w, std::set<fence_token> refused) {
  if (!refused.empty())
    refused_[w].merge(refused);
  write(w);
}

void membership_flow::write(worker_id w) {
  const auto* s = s_.ledger.find(w);
  if (!s) {
    refused_.erase(w);
    return;
  }
  membership m{s->boot_epoch, {}};
  if (const auto i = refused_.find(w); i != refused_.end())
    m.refused = i->second;
  commit_part part;
  part.boot = s_.boot;
  part.meta.emplace_back(std::string{membership_prefix} + *s->name, membership_text(m));
  job_note n;
  n.token = ++s_.last_token;
  adding_.emplace(n.token, w);
  part.notes.push_back(std::move(n));
  s_.port.commit(std::move(part));
}

void membership_flow::remove(const std::string& name, bool gives_back) {
  if (gives_back)
    removing_.insert(name);
  write_removal({name, gives_back});
}

void membership_flow::write_removal(removal r) {
  commit_part part;
  part.boot = s_.boot;
  part.meta_removed.push_back(std::string{membership_prefix} + r.name);
  job_note n;
  n.token = ++s_.last_token;
  leaving_.emplace(n.token, std::move(r));
  part.notes.push_back(std::move(n));
  s_.port.commit(std::move(part));
}

void membership_flow::on_note(uint64_t token, bool written, const moment& now) {
  if (const auto m = adding_.extract(token)) {
    if (written)
      s_.ledger.set_member_written(m.mapped(), now);
    else
      unwritten_.push_back(m.mapped());
  } else if (auto gone = leaving_.extract(token)) {
    if (!written)
      unremoved_.push_back(std::move(gone.mapped()));
    else if (gone.mapped().gives_back)
      removing_.erase(removing_.find(gone.mapped().name));
  }
  if (owes())
    s_.rests_until = now.steady + s_.settings.retry_writes_every;
}

bool membership_flow::is_written_member(const std::string& name) const {
  const auto& seats = s_.ledger.seats();
  return std::any_of(seats.begin(), seats.end(),
                     [&](const auto& s) { return *s.second.name == name && s.second.member_written; });
}

void membership_flow::on_time() {
  for (auto& r : std::exchange(unremoved_, {}))
    if (!is_written_member(r.name))
      write_removal(std::move(r));
    else if (r.gives_back) // it is back, and what it may not keep is on disk
      removing_.erase(removing_.find(r.name));
  for (auto w : std::exchange(unwritten_, {}))
    write(w);
}

} // namespace callboard
