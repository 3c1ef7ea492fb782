#include "actors/fleet/fleet_views.hpp"

#include "messages/type_ids.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace callboard {

void collect_workers(worker_supervisor_pointer self, std::function<void(std::vector<worker_view>)> next) {
  auto& st = self->state;
  struct collection {
    std::vector<worker_view> views;
    std::function<void(std::vector<worker_view>)> next;
    ~collection() {
      std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
      next(std::move(views));
    }
  };
  auto all = std::make_shared<collection>();
  all->next = std::move(next);
  for (const auto& [name, w] : st.locals)
    if (st.nodes.count(name) == 0)
      all->views.push_back(w.view);
  for (const auto& [name, n] : st.nodes)
    self->request(n.handle, caf::infinite, view_atom{})
      .then([all](worker_view& v) { all->views.push_back(std::move(v)); }, [all](caf::error&) {});
}

actors_promise actors_of_nodes(worker_supervisor_pointer self) {
  struct collection {
    std::vector<actor_view> rows;
    actors_promise promise;
    ~collection() {
      promise.deliver(std::move(rows));
    }
  };
  auto all = std::make_shared<collection>();
  all->promise = self->make_response_promise<std::vector<actor_view>>();
  for (const auto& [name, n] : self->state.nodes)
    self->request(n.handle, caf::infinite, view_atom{}, std::string{})
      .then(
        [all, node = name](const std::vector<node_actor>& actors) {
          for (const auto& a : actors) {
            actor_view v;
            v.name = a.name;
            v.node = node;
            v.parent = a.name == "worker-node" ? "worker/" + node : "worker-node";
            v.mailbox = a.mailbox;
            v.handled = a.handled;
            v.longest_turn = duration{a.longest_turn_us};
            v.restarts = a.restarts;
            all->rows.push_back(std::move(v));
          }
        },
        [all](caf::error&) {});
  return all->promise;
}

actor_facts facts_of(const worker_supervisor_state& st) {
  actor_facts f{{"desired", std::to_string(st.desired)},
                {"draining", st.draining ? "true" : "false"},
                {"waitsForFormerWorkers", st.waits_for_leftovers ? "true" : "false"},
                {"port", std::to_string(st.options.endpoint->port.load())}};
  for (const auto& [name, n] : st.nodes)
    f.emplace_back("node " + name, std::string{n.handle ? "joined" : "awaited"} + (n.cordoned ? ", cordoned" : ""));
  if (st.fleet) {
    f.emplace_back("expected", std::to_string(st.fleet->expected()));
    f.emplace_back("lastCommandFailure", st.command_failure);
  }
  for (const auto& [name, w] : st.locals)
    f.emplace_back("process " + name, "pid " + std::to_string(w.pid) + ", restarts " + std::to_string(w.restarts) +
                                        (w.cordoned ? ", cordoned" : "") + (w.stopping ? ", stopping" : ""));
  return f;
}

} // namespace callboard
