#include "actors/runtime/cluster_tls.hpp"
#include "actors/worker/worker_node.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>

using namespace callboard;

TEST_CASE("a node carries out no orders but those of the worker actor that it has joined") {
  const auto where = std::filesystem::temp_directory_path() / ("callboard-node-" + std::to_string(::getpid()));
  std::filesystem::remove_all(where);
  REQUIRE(ensure_cluster_tls(where.string()));
  const auto tls = tls_files_in(where.string());
  {
    system_config config{1, &tls};
    caf::actor_system sys{config};
    worker_node_options o;
    o.name = "n";
    o.schedulers = {{"127.0.0.1", 1}}; // nobody is there
    o.boot_epoch = 1;
    o.handlers = std::make_shared<handler_registry>(make_builtin_handlers({}));
    o.settings.slots = 1;
    const auto node = sys.spawn(worker_node, std::move(o));

    // As what a cut connection delivers at last: nothing of it may run, for the scheduler has given it to others.
    caf::scoped_actor stranger{sys};
    node_orders orders;
    orders.run.resize(1);
    orders.run[0].job = 1;
    orders.run[0].fence = 2;
    orders.run[0].type = "noop";
    stranger->send(node, std::move(orders));
    std::string held;
    stranger->request(node, caf::infinite, view_atom{}, std::string{"worker-node"})
      .receive(
        [&](const node_dump& d) {
          for (const auto& [name, value] : d.facts)
            if (name == "attemptsHeld")
              held = value;
        },
        [&](const caf::error& e) { FAIL(sys.render(e)); });
    CHECK(held == "0");
    stranger->send_exit(node, caf::exit_reason::user_shutdown);
  }
  std::filesystem::remove_all(where);
}
