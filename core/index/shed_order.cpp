#include "core/index/shed_order.hpp"

namespace callboard {

void shed_order::set(std::string_view queue, bool sheds) {
  if (sheds)
    names_.emplace(queue);
  else
    names_.erase(std::string{queue});
}

void shed_order::begin(uint32_t number, std::string_view queue) {
  of_queue_.erase(number);
  if (sheds(queue))
    of_queue_.emplace(number, orders{});
}

void shed_order::add(const job_entry& e) {
  if (const auto i = of_queue_.find(e.queue); i != of_queue_.end())
    i->second.at(e.has(job_flag::in_memory)).insert(place_of(e));
}

void shed_order::remove(const job_entry& e) {
  if (const auto i = of_queue_.find(e.queue); i != of_queue_.end())
    i->second.at(e.has(job_flag::in_memory)).erase(place_of(e));
}

bool shed_order::contains(const job_entry& e) const {
  const auto i = of_queue_.find(e.queue);
  return i != of_queue_.end() && i->second.at(e.has(job_flag::in_memory)).count(place_of(e)) != 0;
}

size_t shed_order::size(uint32_t number) const {
  const auto i = of_queue_.find(number);
  return i == of_queue_.end() ? 0 : i->second[0].size() + i->second[1].size();
}

} // namespace callboard
