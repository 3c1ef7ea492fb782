#include "storage/record_parts.hpp"

#include <algorithm>

namespace callboard {

resource_request read_resources(byte_reader& r) {
  resource_request out;
  out.slots = r.varint32();
  out.cpu_milli = r.varint32();
  out.memory_bytes = r.varint();
  for (size_t n = r.count(2); n > 0; --n) {
    auto& x = out.named.emplace_back();
    x.first = r.text();
    x.second = r.varint32();
  }
  for (size_t n = r.count(2); n > 0; --n) {
    auto& x = out.labels.emplace_back();
    x.first = r.text();
    x.second = r.text();
  }
  const auto sorted = [](const auto& list) {
    return std::adjacent_find(list.begin(), list.end(),
                              [](const auto& a, const auto& b) { return a.first >= b.first; }) == list.end();
  };
  if (out.slots == 0 || !sorted(out.named) || !sorted(out.labels))
    r.fail();
  return out;
}

std::vector<std::string> read_texts(byte_reader& r) {
  const size_t n = r.count(1);
  std::vector<std::string> texts;
  texts.reserve(n);
  for (size_t i = 0; i < n; ++i)
    texts.emplace_back(r.text());
  return texts;
}

std::vector<history_entry> read_history(byte_reader& r, time_point created_at) {
  const size_t n = r.count(history_bytes_min);
  std::vector<history_entry> history;
  history.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    auto& h = history.emplace_back();
    h.state = r.enumerator(job_state::cancelled);
    h.at = r.time_from(created_at);
    h.attempt = r.varint32();
    h.worker = r.text();
    h.reason = r.text();
  }
  return history;
}

void read_identity(byte_reader& r, index_fields& f) {
  f.id = job_id{r.fixed64()};
  f.state = r.enumerator(job_state::cancelled);
  f.priority = r.u8();
  if (f.priority > priority_max)
    r.fail();
  f.level = r.enumerator(durability::memory);
}

} // namespace callboard
