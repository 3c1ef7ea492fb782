#include "actors/worker/executor.hpp"

#include "messages/type_ids.hpp"

#include <caf/io/middleman.hpp>

namespace callboard {

executor_actor::behavior_type executor(observed_pointer<executor_actor, executor_state> self, local_node_actor node,
                                       std::shared_ptr<const handler_registry> handlers, uint32_t slots,
                                       worker_settings settings) {
  // The pool's threads outlive no actor: they are joined when the state is destroyed. A weak handle, because the actor
  // must be able to end while they run.
  auto notify = [weak = caf::actor_cast<caf::weak_actor_ptr>(self->address())] {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send(caf::actor_cast<executor_actor>(strong), flush_atom{});
  };
  const auto facts = [self]() -> actor_facts {
    const auto load = self->state.pool->current_load();
    return {{"running", std::to_string(load.running)}, {"waiting", std::to_string(load.waiting)}};
  };
  self->show_as("executor", "worker-node", facts);
  self->run_on(self->system().middleman().backend());
  self->state.node = std::move(node);
  self->state.pool = std::make_unique<slot_pool>(std::move(handlers), slots, std::move(settings), notify);
  return {
    [self](node_orders& orders) {
      auto& pool = *self->state.pool;
      if (!orders.run.empty())
        pool.run(std::move(orders.run));
      if (!orders.cancelled.empty())
        pool.stop(orders.cancelled, cancel_token::reason::cancelled);
      if (!orders.preempted.empty())
        pool.preempt(orders.preempted);
    },
    [self](drain_atom) { self->state.pool->close(); },
    [self](stop_atom, bool at_once) {
      self->state.pool->stop_all(at_once ? cancel_token::reason::lost : cancel_token::reason::shutdown);
    },
    [facts](view_atom) { return node_dump{facts()}; },
    [self](flush_atom) {
      auto report = self->state.pool->take_report();
      if (!report.started.empty() || !report.ended.empty() || !report.progress.empty() || !report.checkpoints.empty() ||
          !report.logs.empty())
        self->send(self->state.node, std::move(report));
    },
  };
}

} // namespace callboard
