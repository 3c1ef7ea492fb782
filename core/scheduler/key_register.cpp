#include "core/scheduler/key_register.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace callboard {

uint64_t key_register::digest_of(std::string_view type, std::string_view payload) {
  return std::hash<std::string_view>{}(type)*0x9E3779B97F4A7C15ull ^ std::hash<std::string_view>{}(payload);
}

void key_register::read_begins(uint64_t request) {
  reading_[request] = ++reads_;
}

void key_register::read_ends(uint64_t request) {
  reading_.erase(request);
  uint64_t oldest = UINT64_MAX;
  for (const auto& [number, read] : reading_)
    oldest = std::min(oldest, read);
  // Whoever reads from now on sees these keys in the store.
  while (!in_order_.empty() && in_order_.front().first < oldest) {
    const auto i = written_.find(in_order_.front().second);
    if (i != written_.end() && i->second.reads == in_order_.front().first)
      written_.erase(i);
    in_order_.pop_front();
  }
}

void key_register::claim(const std::string& key, job_id job, uint64_t digest) {
  claimed_[key] = {job, digest, {}};
}

bool key_register::wait_for(const std::string& key, uint64_t request) {
  const auto i = claimed_.find(key);
  if (i == claimed_.end())
    return false;
  i->second.waiting.push_back(request);
  return true;
}

std::vector<uint64_t> key_register::settle(const std::string& key, const submit_answer* answer) {
  const auto i = claimed_.find(key);
  if (i == claimed_.end())
    return {};
  auto o = std::move(i->second);
  claimed_.erase(i);
  if (answer && !reading_.empty()) {
    written_[key] = {*answer, o.digest, reads_};
    in_order_.emplace_back(reads_, key);
  }
  return std::move(o.waiting);
}

void key_register::forget_waiting() {
  for (auto& [key, o] : claimed_)
    o.waiting.clear();
}

const key_register::written_key* key_register::find_written(const std::string& key) const {
  const auto i = written_.find(key);
  return i == written_.end() ? nullptr : &i->second;
}

void key_register::sanity_check() const {
  CB_INVARIANT(written_.size() <= in_order_.size(), "each key that is remembered will be forgotten");
  CB_INVARIANT(!reading_.empty() || written_.empty(), "without a read no key need be remembered");
}

} // namespace callboard
