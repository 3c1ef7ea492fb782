#include "messages/system_config.hpp"

#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

namespace callboard {

namespace {

std::string render_code(uint8_t code, caf::atom_value, const caf::message& context) {
  std::string text{code < ec_count ? to_string(static_cast<ec>(code)) : std::string_view{"unknown_error"}};
  if (context.size() == 1 && context.match_element<std::string>(0))
    text += ": " + context.get_as<std::string>(0);
  return text;
}

} // namespace

error from_caf(const caf::error& e) {
  error out;
  const bool ours = e.category() == caf::atom("callboard") && e.code() < ec_count;
  out.code = ours ? static_cast<ec>(e.code()) : ec::internal_error;
  if (ours && e.context().size() == 1 && e.context().match_element<std::string>(0))
    out.message = e.context().get_as<std::string>(0);
  else
    out.message = "actor error " + std::to_string(e.code()) + " of category " + caf::to_string(e.category());
  return out;
}

system_config::system_config(uint32_t threads, const tls_files* tls) {
  add_message_types<caf::id_block::callboard>();
  add_error_category(caf::atom("callboard"), render_code);
  // Work stealing polls when idle and collapses with many thousand runnable actors (measured: docs/ARCHITECTURE.md).
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", size_t{threads});
  // No actor keeps a thread for longer than this many messages while others wait.
  set("scheduler.max-throughput", size_t{500});
  if (!tls)
    return;
  set("middleman.app-identifiers", std::vector<std::string>{"callboard/" + std::to_string(protocol_version)});
  // Off by default in CAF; without them a half-open connection lives for ever. The lease is what counts, though.
  set("middleman.heartbeat-interval", caf::timespan{std::chrono::seconds{2}});
  set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{10}});
  // Messages are decoded on the thread that reads them, without a way by another one.
  set("middleman.workers", size_t{0});
  openssl_cafile = tls->ca;
  openssl_certificate = tls->certificate;
  openssl_key = tls->key;
  load<caf::io::middleman>();
  load<caf::openssl::manager>();
}

} // namespace callboard
