#include "core/scheduler/membership_flow.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

const seat* seat_of(const slot_ledger& ledger, const std::string& name) {
  const auto& seats = ledger.seats();
  const auto i = std::find_if(seats.begin(), seats.end(), [&](const auto& s) { return *s.second.name == name; });
  return i == seats.end() ? nullptr : &i->second;
}

} // namespace

bool membership_flow::believes(const std::string& name, const worker_registration& r, fence_token f) const {
  // Of this scheduler it is known anyway. A local worker dies with its scheduler.
  if (f.value >> 32 == s_.boot || r.local || planted(bug::former_member_believed))
    return true;
  const auto i = former_.find(name);
  return i != former_.end() && i->second.process == r.boot_epoch && i->second.refused.count(f) == 0;
}

void membership_flow::add(worker_id w, std::set<fence_token> refused) {
  refused_.emplace(w, std::move(refused));
  write(w);
}

void membership_flow::write(worker_id w) {
  const auto* s = s_.ledger.find(w);
  if (!s) {
    refused_.erase(w);
    return;
  }
  const membership m{s->boot_epoch, refused_[w]};
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
    if (written) {
      s_.ledger.set_member_written(m.mapped(), now);
      refused_.erase(m.mapped());
    } else {
      unwritten_.push_back(m.mapped());
    }
  } else if (auto gone = leaving_.extract(token)) {
    if (written)
      removed(gone.mapped());
    else
      unremoved_.push_back(std::move(gone.mapped()));
  }
  if (owes())
    s_.rests_until = now.steady + s_.settings.retry_writes_every;
}

void membership_flow::removed(const removal& r) {
  if (r.gives_back)
    removing_.erase(removing_.find(r.name));
}

void membership_flow::on_time(const moment& now) {
  for (auto& r : std::exchange(unremoved_, {})) {
    const auto* back = seat_of(s_.ledger, r.name);
    if (!back)
      write_removal(std::move(r));
    else if (back->member_written) // with what it may not keep
      removed(r);
    else
      unremoved_.push_back(std::move(r)); // until that is so: a removal now would come after it
  }
  for (auto w : std::exchange(unwritten_, {}))
    write(w);
  if (owes())
    s_.rests_until = now.steady + s_.settings.retry_writes_every;
}

} // namespace callboard
