#include "actors/runtime/cluster_tls.hpp"
#include "actors/runtime/log.hpp"
#include "actors/worker/worker_node.hpp"
#include "config/host_port.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"

#include <CLI/CLI.hpp>
#include <caf/actor_system.hpp>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <random>

#include "pki/node_proof.hpp"
#include "pki/openssl_error_queue.hpp"

// Many workers in one process: what a fleet of machines looks like to a scheduler, without as many processes. Each has
// its own registration, lease, slots and connection state; only the machine is shared.

namespace {

using namespace callboard;

struct fleet_options {
  std::string join;
  std::string tls;
  std::string name = "fleet";
  uint32_t workers = 1;
  uint32_t slots = 4;
};

int run(const fleet_options& o) {
  init_log({.level = "error"});
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before there are threads

  const auto address = parse_host_port(o.join);
  if (!address) {
    std::cerr << "--join is not HOST:PORT: " << o.join << std::endl;
    return 2;
  }
  const auto files = tls_files_in(o.tls);
  for (const auto& ok : {check_tls_files(files), guard_openssl_error_queue()})
    if (!ok) {
      std::cerr << ok.err().message << std::endl;
      return 1;
    }
  const settings defaults;
  const auto handlers = std::make_shared<const handler_registry>(make_builtin_handlers(defaults.handlers));
  constexpr uint32_t milli_per_slot = 1000;
  constexpr uint64_t memory_per_slot = uint64_t{1} << 30;

  system_config config{defaults.scheduler.actor_threads, &files};
  caf::actor_system system{config};
  std::random_device random;
  for (uint32_t i = 0; i < o.workers; ++i) {
    worker_node_options w;
    w.name = o.name + "-" + std::to_string(i + 1);
    w.schedulers = {*address};
    w.boot_epoch = uint64_t{random()} << 32 | (random() | 1u);
    w.prove = [files](const std::string& text) -> result<node_proof> {
      auto s = sign_text(files.certificate, files.key, text);
      if (!s)
        return std::move(s).err();
      return node_proof{std::move(s->certificates), std::move(s->signature)};
    };
    w.handlers = handlers;
    w.settings = defaults.workers;
    w.settings.slots = o.slots;
    w.offer = {.slots = o.slots, .cpu_milli = o.slots * milli_per_slot, .memory_bytes = o.slots * memory_per_slot};
    system.spawn(worker_node, std::move(w));
  }
  int got = 0;
  ::sigwait(&ends, &got);
  // The scheduler that was measured has ended or is about to; there is nobody to say goodbye to.
  ::_exit(0);
}

} // namespace

int main(int argc, char** argv) {
  // Whoever measures starts us, and we end with it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  fleet_options o;
  CLI::App app{"Many Callboard workers in one process, for measurements."};
  app.add_option("--join", o.join, "the scheduler's cluster address, HOST:PORT")->required();
  app.add_option("--tls", o.tls, "directory with ca.pem, node.pem and node.key")->required();
  app.add_option("--name", o.name, "workers are called NAME-1, NAME-2, and so on")->capture_default_str();
  app.add_option("--workers", o.workers, "how many")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--slots", o.slots, "attempts at once, of each")->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run(o);
}
