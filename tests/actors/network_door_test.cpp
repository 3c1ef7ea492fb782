#include "actors/root.hpp"
#include "actors/runtime/cluster_tls.hpp"
#include "actors/runtime/network_door.hpp"
#include "messages/error_category.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/all.hpp>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>

#include "job_types/type_catalog.hpp"
#include "pki/cluster_authority.hpp"
#include "pki/node_proof.hpp"

using namespace callboard;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A whole scheduler's tree on real threads, at a port of its own.
struct listening_scheduler {
  fs::path directory = fs::temp_directory_path() / ("callboard-door-" + std::to_string(::getpid()));
  std::string tls = (directory / "tls").string();
  tls_files own;
  std::shared_ptr<cluster_endpoint> endpoint = std::make_shared<cluster_endpoint>();
  std::promise<void> opened;
  std::promise<int> over;
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> sys;
  std::unique_ptr<network_door> door;
  root_actor tree;

  listening_scheduler() {
    fs::remove_all(directory);
    const auto files = open_scheduler_tls(tls, true);
    REQUIRE(files);
    own = *files;
    config = std::make_unique<system_config>(1, &own);
    sys = std::make_unique<caf::actor_system>(*config);
    door = std::make_unique<network_door>(*sys);
    auto s = std::make_shared<settings>();
    s->workers.count = 0;
    s->scheduler.shutdown_grace = s->workers.kill_grace = duration{0};
    root_options o;
    o.config = s;
    o.open_store = []() -> result<std::unique_ptr<store>> { return make_memory_store(); };
    o.gateway = std::make_shared<gateway_slot>();
    endpoint->tls_directory = tls;
    endpoint->tls = own;
    endpoint->opened = [this] { opened.set_value(); };
    o.endpoint = endpoint;
    o.types = std::make_shared<type_catalog>(type_catalog::limits{s->jobs.types_max, s->jobs.schema_bytes_max});
    o.process_file = (directory / "workers.pids").string();
    o.over = [this](int c) { over.set_value(c); };
    o.stop_intake = [] {};
    tree = sys->spawn(root, std::move(o));
    REQUIRE(opened.get_future().wait_for(30s) == std::future_status::ready);
  }
  ~listening_scheduler() {
    caf::anon_send(tree, signal_atom{}, SIGTERM);
    over.get_future().wait_for(30s);
    tree = nullptr;
    endpoint->door = nullptr;
    door.reset();
    sys.reset();
    fs::remove_all(directory);
  }
  std::string bundle(const std::string& name) const {
    const auto file = directory / (name + ".bundle");
    REQUIRE(issue_bundle(tls, name, certificate_valid_default, file,
                         std::chrono::floor<duration>(std::chrono::system_clock::now())));
    return file.string();
  }
};

/// A process that has a bundle, and says what it likes.
struct peer {
  tls_files files;
  system_config config;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};
  registrar_actor registrar;
  worker_node_actor node;

  peer(const listening_scheduler& s, const std::string& bundle, const std::string& signs_for, uint64_t boot_epoch)
    : files(*open_bundle(bundle)), config(1, &files) {
    auto found = caf::openssl::remote_actor<registrar_actor>(sys, "127.0.0.1", s.endpoint->port.load());
    REQUIRE(found);
    registrar = *found;
    node = sys.spawn(
      [](worker_node_actor::pointer, const std::string& file, const std::string& name,
         uint64_t epoch) -> worker_node_actor::behavior_type {
        return {
          [](node_orders&) {},
          [](drain_atom, int64_t) {},
          [=](prove_atom, const std::string& challenge) -> caf::result<node_proof> {
            auto p = sign_text(file, file, join_text(challenge, name, epoch));
            return node_proof{p->certificates, p->signature};
          },
          [](view_atom, const std::string&) { return node_dump{}; },
        };
      },
      bundle, signs_for, boot_epoch);
  }
  ~peer() {
    caf::anon_send_exit(node, caf::exit_reason::kill);
  }
  /// Empty: it has joined, as `link`; otherwise why not.
  std::string join(const std::string& name, uint64_t boot_epoch, bool local = false) {
    worker_registration r;
    r.name = name;
    r.boot_epoch = boot_epoch;
    r.slots = 1;
    r.local = local;
    r.guardian = static_cast<uint64_t>(::getpid());
    r.types = {"noop"};
    r.versions = r.summaries = r.schemas = {""};
    r.cache_for_us = {0};
    std::string why;
    self->request(registrar, 30s, join_atom{}, std::move(r), node)
      .receive([&](const welcome&, worker_link_actor& l) { link = l; },
               [&](const caf::error& e) { why = from_caf(e).message; });
    return why;
  }
  bool beats(uint64_t boot_epoch) {
    bool answered = false;
    node_load load;
    load.boot_epoch = boot_epoch;
    self->request(link, 10s, beat_atom{}, load)
      .receive([&](caf::ok_atom) { answered = true; }, [](const caf::error&) {});
    return answered;
  }
  worker_link_actor link;
};

} // namespace

TEST_CASE("a bundle joins under its own name only, and never as a local worker") {
  listening_scheduler s;
  peer a{s, s.bundle("a"), "a", 1};
  CHECK(a.join("a", 1).empty());
  CHECK(a.beats(1));
  peer b{s, s.bundle("b"), "c", 2};
  CHECK_THAT(b.join("c", 2), Catch::Contains("the bundle of b cannot join as c"));
  CHECK_THAT(b.join("local-1", 2, true), Catch::Contains("is not a local worker of this scheduler"));
  // Another boot epoch than the one that was signed for.
  CHECK_THAT(b.join("c", 3), Catch::Contains("does not have the key"));
}

TEST_CASE("a peer can neither end actors of the scheduler nor give orders to them") {
  listening_scheduler s;
  peer a{s, s.bundle("a"), "a", 1};
  REQUIRE(a.join("a", 1).empty());
  const auto before = network_door::refused();
  const auto link = caf::actor_cast<caf::actor>(a.link);
  a.self->send_exit(a.registrar, caf::exit_reason::kill);
  caf::anon_send_exit(link, caf::exit_reason::kill);
  a.self->send(link, stop_atom{}, std::string{"a peer said so"});
  a.self->send(link, drain_atom{}, int64_t{0});
  a.self->send(link, cordon_atom{}, true);
  a.self->send(link, wake_atom{});
  // Behind them on the same connection: the actors are there, and the peer is still a worker.
  CHECK(a.beats(1));
  CHECK(network_door::refused() - before == 6);
  peer b{s, s.bundle("b"), "b", 2};
  CHECK(b.join("b", 2).empty());
}

TEST_CASE("CAF's own servers cannot be reached from other nodes") {
  listening_scheduler s;
  CHECK(s.sys->registry().named_actors().empty());
}
