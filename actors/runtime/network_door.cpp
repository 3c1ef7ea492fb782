#include "actors/runtime/network_door.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/type_erased_tuple.hpp>

#include <bit>

namespace callboard {

namespace {

/// The end of an actor of another process; of one of ours only this process knows.
bool is_foreign_end(const caf::type_erased_tuple& m, const caf::actor_system& here) {
  return m.match_elements<caf::down_msg>() && m.get_as<caf::down_msg>(0).source.node() != here.node();
}

bool is_of_a_node(const caf::type_erased_tuple& m) {
  return m.match_elements<beat_atom, node_load>() || m.match_elements<worker_report>() ||
         m.match_elements<leave_atom, uint64_t>() ||
         m.match_elements<join_atom, worker_registration, worker_node_actor>();
}

} // namespace

network_door::network_door(caf::actor_system& system) {
  for (const auto& [name, actor] : system.registry().named_actors())
    system.registry().erase(name);
  system_.store(&system, std::memory_order_release);
  network_.store(&system.middleman().backend(), std::memory_order_release);
}

network_door::~network_door() {
  network_.store(nullptr, std::memory_order_release);
}

bool network_door::admits_from_network(const caf::mailbox_element& x) noexcept {
  if (x.mid.is_response() || is_of_a_node(x.content()) ||
      is_foreign_end(x.content(), *system_.load(std::memory_order_acquire)))
    return true;
  const auto n = refused_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (std::has_single_bit(n)) // the first, the second, the fourth: a flood does not fill the log
    log().warn("a node sent a message that nodes have no business to send; it was dropped ({} so far)", n);
  return false;
}

} // namespace callboard
