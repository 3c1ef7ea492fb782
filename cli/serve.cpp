#include "cli/serve.hpp"

#include "actors/root.hpp"
#include "actors/runtime/cluster_tls.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/network_door.hpp"
#include "cli/audit_place.hpp"
#include "cli/process.hpp"
#include "cli/span_export.hpp"
#include "cli/version.hpp"
#include "cli/worker_command.hpp"
#include "config/alert_limits_of.hpp"
#include "config/host_port.hpp"
#include "config/loader.hpp"
#include "http/api/event_feed.hpp"
#include "http/api/event_follower.hpp"
#include "http/api/schema_source.hpp"
#include "http/server/server.hpp"
#include "http/web/page_file.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"
#include "storage/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "alerts/alert_board.hpp"
#include "alerts/alert_notice.hpp"
#include "audit/audit_log.hpp"
#include "files/file_lock.hpp"
#include "job_types/builtin_types.hpp"
#include "job_types/parameter_check.hpp"
#include "job_types/type_catalog.hpp"
#include "pki/certificate.hpp"
#include "pki/cluster_authority.hpp"
#include "pki/openssl_error_queue.hpp"
#include "process/open_files.hpp"
#include "webhooks/webhook_board.hpp"
#include "webhooks/webhook_delivery.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

constexpr int failed_to_start = 1;

/// Requests under way have this long after the actors are down; all of them have their answers by then.
constexpr std::chrono::seconds http_grace{1};

int complain(const std::string& why) {
  log().critical("{}", why);
  return failed_to_start;
}

store_factory opener(const store_settings& s) {
  return [s]() -> result<std::unique_ptr<store>> {
    rocksdb_settings r;
    r.directory = (fs::path{s.directory} / "db").string();
    r.block_cache_bytes = s.block_cache_bytes;
    r.write_buffer_bytes = s.write_buffer_bytes;
    auto durable = open_rocksdb_store(r);
    if (!durable)
      return std::move(durable).err();
    return make_tiered_store(std::move(*durable), make_memory_store());
  };
}

/// The catalog, and what was declared in it.
struct declared_catalog {
  std::shared_ptr<type_catalog> types;
  std::map<std::string, type_description> declared;
};

/// The types that are accepted without any worker: the built-in ones, and those of jobs.types_directory.
result<declared_catalog> declared_types(const settings& config) {
  const auto& jobs = config.jobs;
  auto types = std::make_shared<type_catalog>(type_catalog::limits{jobs.types_max, jobs.schema_bytes_max});
  declared_catalog out{types, {}};
  const auto declare = [&](type_description d) {
    out.declared[d.name] = d;
    return types->declare(std::move(d));
  };
  for (const auto* t : builtin_types())
    if (auto ok =
          declare({std::string{t->name}, std::string{t->version}, std::string{t->summary}, std::string{t->schema}});
        !ok)
      return std::move(ok).err();
  if (jobs.types_directory.empty())
    return out;
  auto found = read_types_directory(jobs.types_directory, jobs.schema_bytes_max);
  if (!found)
    return std::move(found).err();
  for (auto& d : *found) {
    if (find_builtin_type(d.name))
      return error{ec::invalid_value, "jobs.types_directory: " + d.name + " is a built-in job type"};
    if (auto ok = declare(std::move(d)); !ok)
      return error{ec::invalid_value, "jobs.types_directory: " + ok.err().message};
  }
  return out;
}

/// The catalog as the REST interface sees it.
class catalog_types final : public accepted_types, public schema_source {
public:
  explicit catalog_types(const declared_catalog& from) : types_(*from.types), declared_(from.declared) {
  }
  bool has(std::string_view type) const override {
    return types_.validator()->knows(type);
  }
  std::string listed() const override {
    return listed_types(types_.validator()->types());
  }
  result<done> check(std::string_view type, const nlohmann::json& payload) const override {
    return types_.validator()->check_value(type, payload);
  }
  std::vector<described_type> schemas(const std::string& after, size_t limit) const override {
    std::vector<described_type> out;
    const auto names = types_.validator()->types();
    for (auto at = std::upper_bound(names.begin(), names.end(), after); at != names.end() && out.size() < limit; ++at)
      out.push_back(describe(*at));
    return out;
  }

private:
  /// What a worker has registered last, over what was declared.
  described_type describe(const std::string& name) const {
    described_type t{name, "", "", ""};
    if (const auto d = declared_.find(name); d != declared_.end())
      t = {name, d->second.version, d->second.summary, d->second.schema};
    if (const auto record = types_.record(name)) {
      const auto registered = nlohmann::json::parse(*record);
      t.version = registered.value("version", "");
      t.summary = registered.value("summary", "");
      if (auto schema = registered.value("schema", ""); !schema.empty())
        t.schema = std::move(schema);
    }
    return t;
  }

  const type_catalog& types_;
  const std::map<std::string, type_description>& declared_;
};

/// What every local worker is started with; name and address are added by its supervisor.
std::vector<std::string> arguments_of_workers(const serve_options& o, const std::string& tls_directory) {
  std::vector<std::string> out{"worker",       "--local",
                               "--lifeline",   std::to_string(local_workers::lifeline_descriptor),
                               "--open-files", std::to_string(open_files_of_programs())};
  if (o.config_file) {
    out.emplace_back("--config");
    out.push_back(fs::absolute(*o.config_file).string());
  }
  for (const auto& x : o.overrides) {
    out.emplace_back("--set");
    out.push_back(x);
  }
  for (const auto& x :
       {std::string{"--tls"}, tls_directory, std::string{"--slots"}, std::to_string(o.config.workers.slots)})
    out.push_back(x);
  return out;
}

time_point time_of_day() {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

std::shared_ptr<audit_log> make_audit_log(const settings& config) {
  auto place = audit_place_of(config);
  return std::make_shared<audit_log>(std::move(place.directory), place.bounds, time_of_day,
                                     [](const std::string& text) { log().warn("{}", text); });
}

std::vector<certificate_end> certificate_ends(const fs::path& tls_directory) {
  std::vector<certificate_end> out;
  for (const auto* file : {authority_file::ca, authority_file::node})
    if (const auto cert = read_certificate(tls_directory / file))
      out.push_back({fs::path{file}.stem().string(), valid_until(cert.get())});
  return out;
}

} // namespace

int run_serve(const serve_options& o) {
  const auto& config = o.config;
  init_log(config.log);
  signal_loop signals;
  const log_writer writer{config.log};
  if (const auto files = raise_open_files(); files < config.http.connections_max + open_files_besides_connections)
    log().warn(
      "this process may open {} files, which is too few for {} connections (http.connections_max); allow more, "
      "for example with LimitNOFILE= of systemd",
      files, config.http.connections_max);
  const auto catalog = declared_types(config);
  if (!catalog)
    return complain(catalog.err().message);
  const auto& types = catalog->types;
  const char* path = std::getenv("PATH");
  auto command = worker_command(config.workers.command, path ? path : "");
  if (!command)
    return complain(command.err().message);

  const auto webhook_secret = read_webhook_secret(config.alerts);
  if (!webhook_secret)
    return complain(webhook_secret.err().message);

  const fs::path data{config.store.directory};
  std::error_code code;
  fs::create_directories(data, code);
  if (code)
    return complain("the data directory " + data.string() + " cannot be made: " + code.message());
  // Two schedulers on one directory would overwrite each other.
  const auto lock = file_lock::try_lock(data / "lock", "a scheduler");
  if (!lock)
    return complain("the data directory " + data.string() + " cannot be used: " + lock.err().message);
  const auto tls_directory =
    fs::absolute(config.cluster.tls_directory.empty() ? data / "tls" : fs::path{config.cluster.tls_directory}).string();
  if (auto ok = guard_openssl_error_queue(); !ok)
    return complain(ok.err().message);
  const auto tls = open_scheduler_tls(tls_directory, config.cluster.tls_directory.empty());
  if (!tls)
    return complain(tls.err().message);

  const catalog_types accepted{*catalog};
  const loaded_settings effective{config, o.origins};
  std::atomic<bool> started{false}, is_over{false};
  std::atomic<int> exit_code{0};
  auto slot = std::make_shared<gateway_slot>();
  const auto feed = std::make_shared<event_feed>(config.events);
  std::unique_ptr<backend> back;
  result<std::function<export_answer(const std::string&)>> span_sender{nullptr};
  if (config.tracing.on())
    span_sender = o.span_sender(config.tracing);
  if (!span_sender)
    return complain(span_sender.err().message);
  const auto exporter = make_span_export(
    config, std::make_shared<event_follower>(feed), [&back]() -> backend& { return *back; }, std::move(*span_sender),
    [](const std::string& text) { log().warn("{}", text); });
  back = make_gateway_backend(slot, exporter == nullptr ? submit_observer{} : observer_for(*exporter, config.tracing));
  const auto board = std::make_shared<alert_board>(alert_limits_of(config.alerts), data / "alerts.json",
                                                   [](const std::string& text) { log().error("{}", text); });
  const auto webhooks = config.webhooks.enabled ? std::make_shared<webhook_board>(webhook_limits_of(config)) : nullptr;
  const api rest{.http = config.http,
                 .jobs = config.jobs,
                 .schedules = config.schedules,
                 .back = *back,
                 .types = accepted,
                 .schemas = &accepted,
                 .effective = &effective,
                 .version = std::string{version()},
                 .clock = time_of_day,
                 .workers_max = config.workers_bound(),
                 .drain_grace = config.scheduler.shutdown_grace,
                 .workers = config.workers,
                 .templates = config.templates,
                 .check_schema = check_parameters,
                 .events = feed,
                 .audit = make_audit_log(config),
                 .audit_rules = config.audit,
                 .alerts = board,
                 .alerts_enabled = config.alerts.enabled,
                 .webhooks = webhooks,
                 .webhook_rules = config.webhooks,
                 .reports = config.reports,
                 .traces =
                   exporter == nullptr ? std::function<trace_figures()>{} : [&exporter] { return exporter->figures(); },
                 .certificates = [tls_directory] { return certificate_ends(tls_directory); }};
  if (exporter != nullptr)
    exporter->start();
  const auto audit = rest.audit;
  if (const auto ok = audit->start(std::string{version()}); !ok)
    log().error("{}", ok.err().message);
  http_server http{rest};
  auto endpoint = std::make_shared<cluster_endpoint>();
  const auto cluster = parse_host_port(config.cluster.listen).value();
  endpoint->host = cluster.host;
  endpoint->port = cluster.port;
  endpoint->tls_directory = tls_directory;
  endpoint->tls = *tls;
  std::atomic<bool> joinable{false};
  endpoint->opened = [&] {
    joinable = true;
    signals.poke();
  };

  watchdog last_resort;
  system_config actor_config{config.scheduler.actor_threads, &*tls};
  caf::actor_system system{actor_config};
  const network_door door{system};
  root_options tree;
  tree.config = std::make_shared<const settings>(config);
  tree.open_store = opener(config.store);
  tree.gateway = slot;
  tree.endpoint = endpoint;
  tree.types = types;
  tree.use_type_rule = [&rest](const std::string& type, const limit_rule& rule) {
    rest.redactions->set(type, rule.redact);
    if (const auto ok = use_type_defaults(rest, type, rule.defaults); !ok)
      log().error("the defaults of job type {} do not hold: {}", type, ok.err().message);
  };
  tree.tell = [feed](uint64_t boot, std::vector<scheduler_event>&& events) { feed->append(boot, std::move(events)); };
  tree.alerts = {board, *webhook_secret, rest.certificates,
                 [audit]() -> std::optional<bool> { return !audit->state().failing.empty(); },
                 [feed](std::vector<scheduler_event>&& events) { feed->append(std::move(events)); }};
  tree.webhooks = {webhooks, std::make_shared<event_follower>(feed)};
  tree.worker_program = o.executable;
  tree.worker_arguments = arguments_of_workers(o, tls_directory);
  if (!command->empty()) {
    tree.worker_program = command->front();
    tree.worker_arguments.insert(tree.worker_arguments.begin(), command->begin() + 1, command->end());
  }
  tree.process_file = (data / "workers.pids").string();
  tree.version = version();
  tree.seed = random_number();
  tree.stop_intake = [&] { http.stop_accepting(); };
  tree.over = [&](int c) {
    exit_code = c;
    is_over = true;
    signals.poke();
  };
  auto root_handle = system.spawn(root, std::move(tree));
  auto port = http.start();
  if (!port) {
    log().critical("{}", port.err().message);
    exit_code = failed_to_start;
    caf::anon_send(root_handle, signal_atom{}, SIGTERM);
    last_resort.arm(config.scheduler.shutdown_limit);
  } else {
    // The handle as an argument: without one CAF 0.17 dereferences a null pointer (to an empty tuple).
    system.spawn(
      [&started, &signals](caf::event_based_actor* self, const root_actor& tree_root) {
        self->request(tree_root, caf::infinite, start_atom{}).then([&](caf::ok_atom) {
          started = true;
          signals.poke();
        });
      },
      root_handle);
  }

  bool ready_told = false;
  while (!is_over) {
    if (port && started && joinable && !std::exchange(ready_told, true)) {
      const host_port http_at{parse_host_port(config.http.listen).value().host, *port};
      const host_port cluster_at{endpoint->host, endpoint->port};
      const nlohmann::ordered_json line{
        {"ready", true}, {"http", to_string(http_at)}, {"cluster", to_string(cluster_at)}, {"pid", ::getpid()}};
      std::cout << line.dump() << std::endl;
      if (!page_files().empty())
        log().info("the dashboard is at http://{}/", to_string(http_at));
    }
    if (const int s = signals.next(); s != 0) {
      caf::anon_send(root_handle, signal_atom{}, s);
      last_resort.arm(config.scheduler.shutdown_limit);
    }
  }
  last_resort.arm(config.scheduler.shutdown_limit); // the root may have given up by itself
  http.stop(http_grace);
  audit->stop(exit_code); // before the server goes, to which the acts under way belong
  root_handle = nullptr;
  endpoint->door = nullptr;
  log().info("stopped");
  return exit_code;
}

} // namespace callboard
