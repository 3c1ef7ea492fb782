#include "cli/worker.hpp"

#include "actors/runtime/cluster_tls.hpp"
#include "actors/runtime/log.hpp"
#include "actors/worker/machine.hpp"
#include "actors/worker/worker_node.hpp"
#include "cli/guardian.hpp"
#include "cli/process.hpp"
#include "core/base/name.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <thread>

#include "pki/cluster_authority.hpp"
#include "pki/node_proof.hpp"
#include "pki/openssl_error_queue.hpp"
#include "process/cgroup/job_cgroups.hpp"
#include "process/open_files.hpp"

namespace callboard {

namespace {

/// From the end of the lifeline to the end of this process, whatever still runs.
constexpr int lifeline_grace_ms = 2000;

/// Watches the pipe from the scheduler that launched us: end of file means that it is gone, and with it our right to
/// run anything.
void watch_lifeline(int fd, const local_node_actor& node) {
  std::thread{[fd, node] {
    pollfd p{fd, POLLIN, 0};
    while (::poll(&p, 1, -1) < 0) {}
    caf::anon_send(node, stop_atom{}, std::string{"the scheduler's process is gone"});
    ::poll(nullptr, 0, lifeline_grace_ms);
    ::_exit(EXIT_FAILURE);
  }}.detach();
}

/// The host's name and the pid: unique, and tells people where it runs.
std::string default_name() {
  char host[HOST_NAME_MAX + 1] = {};
  ::gethostname(host, sizeof host - 1);
  return to_name(name_kind::worker, host, "-" + std::to_string(::getpid()));
}

result<tls_files> open_tls(const worker_options& o) {
  if (!o.bundle.empty())
    return open_bundle(o.bundle);
  auto files = tls_files_in(o.config.cluster.tls_directory);
  if (auto ok = check_tls_files(files); !ok)
    return std::move(ok).err();
  return files;
}

/// What the command line says, else to whom the certificate was issued, else (the scheduler's own certificate takes any
/// name) something unique.
std::string name_for(const worker_options& o) {
  if (!o.name.empty())
    return o.name;
  const auto name =
    name_of_bundle(o.bundle.empty() ? tls_files_in(o.config.cluster.tls_directory).certificate : o.bundle);
  return name && !name->empty() && *name != scheduler_certificate_name ? *name : default_name();
}

/// What the scheduler has put into the lifeline of the worker that it started. Error: invalid_state when there is none.
result<std::string> secret_of_scheduler(const worker_options& o) {
  std::string out(secret_bytes, '\0');
  size_t have = 0;
  while (o.lifeline && have < out.size()) {
    const auto n = ::read(*o.lifeline, out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    have += static_cast<size_t>(n);
  }
  if (have == out.size())
    return out;
  return error{ec::invalid_state, "--local is for workers that a scheduler starts: there is no secret in the lifeline"};
}

/// In the process that does the work.
int run_node(const worker_options& o, const handler_maker& make_handlers, const std::string& name, uint64_t guardian,
             const std::string& secret, lease_page& page) {
  const auto& config = o.config;
  signal_loop signals;
  job_cgroups::opened cgroups;
  if (config.handlers.exec.enabled)
    cgroups = job_cgroups::open(config.handlers.exec.cgroup); // moves this process, which has one thread yet
  const log_writer writer{config.log};
  if (!cgroups.words.empty())
    log().info("reservations of exec jobs: {}", cgroups.words);
  worker_node_options options;
  try {
    options.handlers = make_handlers(config, cgroups.groups);
  } catch (const std::exception& e) {
    log().critical("the job types cannot be set up: {}", e.what());
    return 1;
  }
  const auto tls = open_tls(o);
  if (!tls) {
    log().critical("{}", tls.err().message);
    return 1;
  }
  // A program that has OpenSSL before the worker library. With one connection it costs a second attempt to join.
  if (auto ok = guard_openssl_error_queue(); !ok)
    log().warn("{}", ok.err().message);
  options.name = name;
  options.prove = [tls = *tls, secret](const std::string& text) -> result<node_proof> {
    if (!secret.empty())
      return node_proof{{}, seal_text(secret, text)};
    auto s = sign_text(tls.certificate, tls.key, text);
    if (!s)
      return std::move(s).err();
    return node_proof{std::move(s->certificates), std::move(s->signature)};
  };
  options.schedulers = o.joins;
  options.guardian = guardian;
  options.page = &page;
  // The machine is shared by as many local workers as there may be.
  const auto& scale = config.autoscale;
  const auto share = std::max(config.workers.count, scale.enabled ? scale.workers_max : 1);
  auto offer = machine_offer(config.workers, o.local ? share : 1);
  if (!offer) {
    log().critical("{}", offer.err().message);
    return 1;
  }
  options.offer = std::move(*offer);
  do
    options.boot_epoch = random_number();
  while (options.boot_epoch == 0);
  options.local = o.local;
  options.settings = config.workers;

  std::atomic<bool> over{false};
  watchdog last_resort;
  system_config actor_config{config.scheduler.actor_threads, &*tls};
  caf::actor_system system{actor_config};
  auto node = system.spawn(worker_node, std::move(options));
  node->attach_functor([&] {
    over = true;
    signals.poke();
  });
  if (o.lifeline)
    watch_lifeline(*o.lifeline, node);
  while (!over) {
    if (const int s = signals.next(); s != 0) {
      log().info("signal {}: draining", s);
      caf::anon_send(node, drain_atom{}, int64_t{config.scheduler.shutdown_grace.count()});
      last_resort.arm(config.scheduler.shutdown_limit);
    }
  }
  node = nullptr;
  log().info("stopped");
  return 0;
}

} // namespace

int run_worker(const worker_options& o, const handler_maker& make_handlers) {
  init_log(o.config.log);
  signal_loop signals; // what it blocks is inherited, and passed on by the guardian, as are limits
  raise_open_files(o.open_files);
  // One name for all processes that the guardian starts.
  const auto name = name_for(o);
  // What is wrong with them is said once, here, and not by each process that the guardian starts.
  if (auto tls = open_tls(o); !tls) {
    log().critical("{}", tls.err().message);
    return 1;
  }
  const auto secret = o.local ? secret_of_scheduler(o) : result<std::string>{std::string{}};
  if (!secret) {
    log().critical("{}", secret.err().message);
    return 1;
  }
  // A local worker is restarted by the scheduler.
  // Its pid tells a supervisor on this machine which one it is, the drawn half tells it from any other anywhere.
  const auto guardian = random_number() << 32 | static_cast<uint32_t>(::getpid());
  const int code =
    run_guarded([&](lease_page& page) { return run_node(o, make_handlers, name, guardian, *secret, page); }, !o.local);
  // A worker that was killed could not remove its cgroups.
  job_cgroups::end_left_overs(o.config.handlers.exec.cgroup);
  return code;
}

} // namespace callboard
