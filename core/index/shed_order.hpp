#pragma once

#include "core/index/job_table.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace callboard {

/// The jobs that may make room in a full queue, of the queues that shed: the least urgent first, and of equally urgent
/// ones the youngest. Costs nothing for other queues, and about 80 bytes for each job in it.
///
/// Who belongs here is told by whoever knows the job (`job_index`); this keeps the order.
class shed_order {
public:
  /// A rule says that the queue sheds, or that it does not any more. When it has jobs: `begin` it, and add them.
  void set(std::string_view queue, bool sheds);
  bool sheds(std::string_view queue) const {
    return names_.count(std::string{queue}) != 0;
  }
  /// Some queue sheds.
  bool any() const noexcept {
    return !names_.empty();
  }

  /// The queue has its first job, by that number, or its rule has changed: what was known by it is forgotten.
  void begin(uint32_t number, std::string_view queue);
  /// Jobs of this queue belong here.
  bool has_queue(uint32_t number) const {
    return of_queue_.count(number) != 0;
  }

  /// Without effect when its queue does not shed.
  void add(const job_entry& e);
  /// As it was added: its priority and level must be what they were then. Without effect when it is not here.
  void remove(const job_entry& e);
  bool contains(const job_entry& e) const;
  /// Jobs of a queue.
  size_t size(uint32_t number) const;

  /// `each(id)` for jobs of a queue whose priority is below `priority`, the least urgent first, as long as it returns
  /// true.
  /// @param only_in_memory  of those that a restart forgets
  template <class Each>
  void walk(uint32_t number, uint8_t priority, bool only_in_memory, Each&& each) const {
    const auto i = of_queue_.find(number);
    if (i == of_queue_.end())
      return;
    const auto& [durable, in_memory] = i->second;
    auto a = only_in_memory ? durable.end() : durable.begin();
    auto b = in_memory.begin();
    while (a != durable.end() || b != in_memory.end()) {
      auto& next = b == in_memory.end() || (a != durable.end() && *a < *b) ? a : b;
      if (next->priority >= priority || !each(next->id()))
        return;
      ++next;
    }
  }

private:
  struct place {
    uint8_t priority = 0;
    uint64_t from_youngest = 0;
    auto operator<=>(const place&) const = default;
    job_id id() const {
      return job_id{~from_youngest};
    }
  };
  using order = std::set<place>;
  /// Those that survive a restart, and those that do not.
  using orders = std::array<order, 2>;

  static place place_of(const job_entry& e) {
    return {e.priority, ~e.id.value};
  }

  std::unordered_set<std::string> names_;
  std::unordered_map<uint32_t, orders> of_queue_; ///< by number
};

} // namespace callboard
