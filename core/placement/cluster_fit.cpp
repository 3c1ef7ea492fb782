#include "core/placement/cluster_fit.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/base/version_range.hpp"

#include <algorithm>
#include <tuple>

namespace callboard {

namespace {

uint32_t units_of(const std::vector<std::pair<std::string, uint32_t>>& list, const std::string& name) {
  const auto at =
    std::lower_bound(list.begin(), list.end(), name, [](const auto& a, const auto& b) { return a.first < b; });
  return at != list.end() && at->first == name ? at->second : 0;
}

bool has_label(const resource_offer& o, const std::pair<std::string, std::string>& label) {
  return std::binary_search(o.labels.begin(), o.labels.end(), label);
}

/// Calls f(asked, taken, offered) for each dimension that is asked for.
template <class F>
void for_each_dimension(const resource_request& r, const resource_request& taken, const resource_offer& offer, F f) {
  f(uint64_t{r.slots}, uint64_t{taken.slots}, uint64_t{offer.slots});
  if (r.cpu_milli != 0)
    f(uint64_t{r.cpu_milli}, uint64_t{taken.cpu_milli}, uint64_t{offer.cpu_milli});
  if (r.memory_bytes != 0)
    f(r.memory_bytes, taken.memory_bytes, offer.memory_bytes);
  for (const auto& [name, units] : r.named)
    f(uint64_t{units}, uint64_t{units_of(taken.named, name)}, uint64_t{units_of(offer.named, name)});
}

/// Without the labels and the type.
bool has_room(const resource_request& r, const resource_request& taken, const resource_offer& offer) {
  bool enough = true;
  for_each_dimension(r, taken, offer, [&](uint64_t asked, uint64_t used, uint64_t offered) {
    enough = enough && used <= offered && asked <= offered - used;
  });
  return enough;
}

/// The largest share of a requested dimension that is left when the request has been granted; slots alone do not count.
double share_left(const resource_request& r, const resource_request& taken, const resource_offer& offer) {
  double most = 0;
  bool first = true;
  for_each_dimension(r, taken, offer, [&](uint64_t asked, uint64_t used, uint64_t offered) {
    if (std::exchange(first, false) || offered == 0)
      return;
    most = std::max(most, static_cast<double>(offered - used - asked) / static_cast<double>(offered));
  });
  return most;
}

/// The largest share of a requested dimension that is missing now.
double share_missing(const resource_request& r, const resource_request& taken, const resource_offer& offer) {
  double most = 0;
  for_each_dimension(r, taken, offer, [&](uint64_t asked, uint64_t used, uint64_t offered) {
    if (used + asked > offered && offered > 0)
      most = std::max(most, static_cast<double>(used + asked - offered) / static_cast<double>(offered));
  });
  return most;
}

size_t kinds_not_asked(const resource_request& r, const resource_offer& offer) {
  return static_cast<size_t>(std::count_if(offer.named.begin(), offer.named.end(), [&](const auto& x) {
    return x.second != 0 && units_of(r.named, x.first) == 0;
  }));
}

void add_named(std::vector<std::pair<std::string, uint32_t>>& to,
               const std::vector<std::pair<std::string, uint32_t>>& from, bool more) {
  for (const auto& [name, units] : from) {
    const auto at =
      std::lower_bound(to.begin(), to.end(), name, [](const auto& a, const auto& b) { return a.first < b; });
    if (more) {
      if (at != to.end() && at->first == name)
        at->second += units;
      else
        to.emplace(at, name, units);
    } else {
      CB_INVARIANT(at != to.end() && at->first == name && at->second >= units, "what is given back was taken");
      at->second -= units;
    }
  }
}

} // namespace

/// Of a type that it runs: in a version that the job accepts.
bool cluster_fit::runs_version(const node& n, const job_shape& s) {
  if (s.request.type_version.empty() || planted(bug::any_version_runs))
    return true;
  const auto v = n.versions.find(s.type);
  return v != n.versions.end() && in_version_range(v->second, s.request.type_version);
}

std::optional<cluster_fit::lack> cluster_fit::lack_of(worker_id w, uint16_t shape) const {
  const auto i = nodes_.find(w);
  if (i == nodes_.end())
    return lack{"it is not here", true};
  const auto& n = i->second;
  const auto& s = shapes_.at(shape);
  if (!n.types.contains(s.type))
    return lack{"it does not run the type", true};
  if (!runs_version(n, s)) {
    const auto v = n.versions.find(s.type);
    return lack{"it runs " +
                  (v == n.versions.end() || v->second.empty() ? "no named version" : "version " + v->second) +
                  " of the type, the job asks for " + s.request.type_version,
                true};
  }
  for (const auto& label : s.request.labels)
    if (!has_label(n.offer, label))
      return lack{"it has no label " + label.first + "=" + label.second, true};
  const auto& r = s.request;
  std::optional<lack> found;
  const auto look = [&](const std::string& what, uint64_t asked, uint64_t used, uint64_t offered) {
    if (found || (used <= offered && asked <= offered - used))
      return;
    const bool for_ever = asked > offered;
    found = lack{what + ": the job asks for " + std::to_string(asked) +
                   (for_ever ? ", it has " + std::to_string(offered)
                             : ", of " + std::to_string(offered) + " there are " +
                                 std::to_string(offered - std::min(offered, used)) + " left"),
                 for_ever};
  };
  look("slots", r.slots, n.taken.slots, n.offer.slots);
  if (r.cpu_milli != 0)
    look("cpu (thousandths of a core)", r.cpu_milli, n.taken.cpu_milli, n.offer.cpu_milli);
  if (r.memory_bytes != 0)
    look("memory (bytes)", r.memory_bytes, n.taken.memory_bytes, n.offer.memory_bytes);
  for (const auto& [name, units] : r.named)
    look(name, units, units_of(n.taken.named, name), units_of(n.offer.named, name));
  if (found)
    return found;
  if (!n.accepting)
    return lack{"it takes no new jobs at present", false};
  if (!counts_for(w, shape))
    return lack{is_for(w, shape) ? "it is kept for a larger job" : "it is kept for a more urgent job", false};
  return std::nullopt;
}

void cluster_fit::count(const node& n, worker_id w, int sign) {
  if (!n.accepting)
    return;
  for (size_t i = 0; i < n.fits.size(); ++i) {
    const auto shape = static_cast<uint16_t>(i);
    const auto step = [&](std::vector<uint32_t>& counts, type_set& set) {
      if (sign > 0 && counts[i]++ == 0)
        set.add(shape);
      else if (sign < 0 && --counts[i] == 0)
        set.remove(shape);
    };
    if ((n.fits[i] & fit::now) != 0 && counts_for(w, shape))
      step(fits_now_, placeable_);
    if ((n.fits[i] & fit::empty) != 0)
      step(fits_empty_, feasible_);
  }
}

void cluster_fit::update(node& n, worker_id w) {
  count(n, w, -1);
  n.fits.assign(fits_now_.size(), 0);
  const resource_request nothing{.slots = 0};
  for (size_t i = 0; i < n.fits.size(); ++i) {
    const auto shape = static_cast<uint16_t>(i);
    const auto& s = shapes_.at(shape);
    if (!n.types.contains(s.type) || !runs_version(n, s) ||
        !std::all_of(s.request.labels.begin(), s.request.labels.end(),
                     [&](const auto& label) { return has_label(n.offer, label); }))
      continue;
    if (has_room(s.request, nothing, n.offer))
      n.fits[i] = static_cast<uint8_t>(fit::empty | (has_room(s.request, n.taken, n.offer) ? fit::now : 0));
  }
  count(n, w, +1);
}

/// Brings everything up to date with the shapes there are.
void cluster_fit::refresh() {
  if (shapes_seen_ == shapes_.version())
    return;
  shapes_seen_ = shapes_.version();
  fits_now_.assign(shapes_.end(), 0);
  fits_empty_.assign(shapes_.end(), 0);
  placeable_ = {};
  feasible_ = {};
  reserved_.reset(); // its shape may mean something else now
  for (auto& [w, n] : nodes_) {
    n.fits.clear(); // counted nowhere any more
    update(n, w);
  }
}

void cluster_fit::set_worker(worker_id w, resource_offer offer, type_set types, type_versions versions) {
  refresh();
  auto& n = nodes_[w];
  n.offer = std::move(offer);
  n.types = std::move(types);
  n.versions = std::move(versions);
  update(n, w);
}

void cluster_fit::remove_worker(worker_id w) {
  refresh();
  const auto i = nodes_.find(w);
  if (i == nodes_.end())
    return;
  if (reserved_ && reserved_->first == w)
    clear_reservation();
  count(i->second, w, -1);
  nodes_.erase(i);
  kept_.erase(w);
}

void cluster_fit::set_accepting(worker_id w, bool accepting) {
  refresh();
  const auto i = nodes_.find(w);
  if (i == nodes_.end() || i->second.accepting == accepting)
    return;
  if (reserved_ && reserved_->first == w)
    clear_reservation();
  count(i->second, w, -1);
  i->second.accepting = accepting;
  count(i->second, w, +1);
}

void cluster_fit::take(worker_id w, const resource_request& r) {
  refresh();
  auto& n = nodes_.at(w);
  n.taken.slots += r.slots;
  n.taken.cpu_milli += r.cpu_milli;
  n.taken.memory_bytes += r.memory_bytes;
  add_named(n.taken.named, r.named, true);
  update(n, w);
}

void cluster_fit::give(worker_id w, const resource_request& r) {
  refresh();
  auto& n = nodes_.at(w);
  CB_INVARIANT(n.taken.slots >= r.slots && n.taken.cpu_milli >= r.cpu_milli && n.taken.memory_bytes >= r.memory_bytes,
               "what is given back was taken");
  n.taken.slots -= r.slots;
  n.taken.cpu_milli -= r.cpu_milli;
  n.taken.memory_bytes -= r.memory_bytes;
  add_named(n.taken.named, r.named, false);
  update(n, w);
}

const type_set& cluster_fit::placeable() {
  refresh();
  return placeable_;
}

const type_set& cluster_fit::feasible() {
  refresh();
  return feasible_;
}

std::optional<worker_id> cluster_fit::choose(uint16_t shape) {
  refresh();
  if (shape >= fits_now_.size() || fits_now_[shape] == 0)
    return std::nullopt;
  const auto& r = shapes_.at(shape).request;
  const bool best_fit = r.cpu_milli != 0 || r.memory_bytes != 0 || !r.named.empty();
  std::optional<worker_id> best;
  std::tuple<size_t, double, int64_t> best_rank;
  for (const auto& [w, n] : nodes_) {
    if (!n.accepting || (n.fits[shape] & fit::now) == 0 || !counts_for(w, shape))
      continue;
    const std::tuple rank{kinds_not_asked(r, n.offer), best_fit ? share_left(r, n.taken, n.offer) : 0.0,
                          int64_t{n.taken.slots} - int64_t{n.offer.slots}};
    if (!best || rank < best_rank) {
      best = w;
      best_rank = rank;
    }
  }
  return best;
}

std::optional<worker_id> cluster_fit::reserve(uint16_t shape) {
  clear_reservation();
  if (shape >= fits_empty_.size() || fits_empty_[shape] == 0)
    return std::nullopt;
  const auto& r = shapes_.at(shape).request;
  std::optional<worker_id> best;
  double least = 0;
  for (const auto& [w, n] : nodes_) {
    if (!n.accepting || (n.fits[shape] & fit::empty) == 0 || !is_for(w, shape))
      continue;
    const auto missing = share_missing(r, n.taken, n.offer);
    if (!best || missing < least) {
      best = w;
      least = missing;
    }
  }
  if (best) {
    auto& n = nodes_.at(*best);
    count(n, *best, -1);
    reserved_ = {*best, shape};
    count(n, *best, +1);
  }
  return best;
}

void cluster_fit::clear_reservation() {
  refresh();
  if (!reserved_)
    return;
  const auto w = reserved_->first;
  auto& n = nodes_.at(w);
  count(n, w, -1);
  reserved_.reset();
  count(n, w, +1);
}

void cluster_fit::keep(worker_id w, uint16_t shape) {
  refresh();
  auto& n = nodes_.at(w);
  count(n, w, -1);
  kept_[w] = shape;
  count(n, w, +1);
}

void cluster_fit::keep_no_more(worker_id w) {
  refresh();
  if (!is_kept(w))
    return;
  auto& n = nodes_.at(w);
  count(n, w, -1);
  kept_.erase(w);
  count(n, w, +1);
}

bool cluster_fit::has_room_without(worker_id w, uint16_t shape, const resource_request& less) {
  refresh();
  const auto i = nodes_.find(w);
  if (i == nodes_.end() || !i->second.accepting || shape >= i->second.fits.size() ||
      (i->second.fits[shape] & fit::empty) == 0)
    return false;
  auto taken = i->second.taken;
  taken.slots -= less.slots;
  taken.cpu_milli -= less.cpu_milli;
  taken.memory_bytes -= less.memory_bytes;
  add_named(taken.named, less.named, false);
  return has_room(shapes_.at(shape).request, taken, i->second.offer);
}

void cluster_fit::sanity_check() const {
  if (shapes_seen_ != shapes_.version())
    return; // brought up to date when it is needed next
  cluster_fit fresh{shapes_};
  for (const auto& [w, n] : nodes_) {
    auto& copy = fresh.nodes_[w];
    copy = n;
    copy.fits.clear();
  }
  fresh.kept_ = kept_;
  fresh.shapes_seen_ = shapes_.version() + 1; // not up to date
  fresh.refresh();
  if (reserved_) {
    auto& n = fresh.nodes_.at(reserved_->first);
    fresh.count(n, reserved_->first, -1);
    fresh.reserved_ = reserved_;
    fresh.count(n, reserved_->first, +1);
  }
  CB_INVARIANT(fresh.fits_now_ == fits_now_ && fresh.fits_empty_ == fits_empty_, "the counts are those of the workers");
  for (size_t i = 0; i < fits_now_.size(); ++i) {
    const auto shape = static_cast<uint16_t>(i);
    CB_INVARIANT(placeable_.contains(shape) == (fits_now_[i] != 0), "what fits somewhere is placeable");
    CB_INVARIANT(feasible_.contains(shape) == (fits_empty_[i] != 0), "what fits an empty worker is feasible");
  }
}

} // namespace callboard
