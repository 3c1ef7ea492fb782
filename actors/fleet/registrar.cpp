#include "actors/fleet/registrar.hpp"

#include "actors/runtime/log.hpp"
#include "core/base/name.hpp"
#include "core/job/result_cache.hpp"
#include "core/placement/offer_check.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <memory>

#include "job_types/type_catalog.hpp"
#include "pki/node_proof.hpp"

namespace callboard {

namespace {

constexpr uint32_t slots_max = 4096;   // as workers.slots
constexpr size_t host_bytes_max = 255; // of a name in the DNS (RFC 1035, 2.3.4)

bool longer(const std::vector<std::string>& texts, size_t bytes_max) {
  return std::any_of(texts.begin(), texts.end(), [bytes_max](const auto& t) { return t.size() > bytes_max; });
}

error refused(std::string why, std::string field) {
  return {ec::registration_refused, std::move(why), std::move(field)};
}

using self_pointer = observed_pointer<registrar_actor, registrar_state>;
using join_promise = caf::typed_response_promise<welcome, worker_link_actor>;

/// A node answers its challenge at once; what takes longer has a connection that is no good.
constexpr std::chrono::seconds challenge_patience{5};
/// The supervisor waits until the queue manager is there. A node asks again much sooner.
constexpr std::chrono::seconds admission_patience{60};

void refuse(const worker_registration& r, join_promise promise, const error& e) {
  log().warn("worker {} from {} was refused: {}", r.name, r.host, e.message);
  promise.deliver(to_caf(e));
}

void challenge(self_pointer self, worker_registration r, worker_node_actor node, join_promise promise) {
  if (auto e = check_registration(r))
    return refuse(r, promise, *e);
  // Anybody can name any actor: one of ours must never get what is meant for a node.
  if (!node || node.node() == self->system().node())
    return refuse(r, promise, refused("the node is no actor of another process", "node"));
  auto secret = make_secret();
  if (!secret)
    return refuse(r, promise, secret.err());
  auto x = std::make_shared<node_joins>();
  x->registration = std::move(r);
  x->node = std::move(node);
  x->challenge = std::move(*secret);
  self->request(x->node, caf::duration{challenge_patience}, prove_atom{}, x->challenge)
    .then(
      [self, x, promise](node_proof& p) mutable {
        x->proof = std::move(p);
        // Passed on by this actor and not delegated: the answer makes its sender known to the network.
        self->request(self->state.supervisor, caf::duration{admission_patience}, std::move(*x))
          .then(
            [self, promise](welcome& w, worker_link_actor& l) mutable {
              promise.deliver(std::move(w), l);
              self->send(self->state.supervisor, node_welcomed{std::move(l)});
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
      },
      [x, promise](caf::error& e) {
        const auto why = from_caf(e);
        refuse(x->registration, promise, refused("the node did not prove its name: " + why.message, "name"));
      });
}

} // namespace

std::optional<error> check_registration(const worker_registration& r) {
  if (r.protocol != protocol_version)
    return refused("this scheduler speaks protocol " + std::to_string(protocol_version) + ", the worker " +
                     std::to_string(r.protocol),
                   "protocol");
  if (!is_name(name_kind::worker, r.name))
    return refused(name_rule(name_kind::worker), "name");
  if (r.boot_epoch == 0)
    return refused("the boot epoch is missing", "boot_epoch");
  if (r.slots == 0 || r.slots > slots_max)
    return refused("a worker has 1 to " + std::to_string(slots_max) + " slots", "slots");
  if (r.types.empty())
    return refused("a worker runs at least one job type", "types");
  if (r.versions.size() != r.types.size() || r.summaries.size() != r.types.size() || r.schemas.size() != r.types.size())
    return refused("each job type has a version, a summary and a schema", "types");
  if (r.cache_for_us.size() != r.types.size())
    return refused("each job type says how long its results hold, or 0", "cache_for_us");
  for (const auto us : r.cache_for_us)
    if (us != 0 && (duration{us} < cache_for_min || duration{us} > cache_for_max))
      return refused("results of a job type hold for 1 s to 366 days, or 0 when it is not pure", "cache_for_us");
  if (longer(r.versions, type_version_bytes_max))
    return refused("the version of a job type has at most " + std::to_string(type_version_bytes_max) + " bytes",
                   "versions");
  if (longer(r.summaries, type_summary_bytes_max))
    return refused("the summary of a job type has at most " + std::to_string(type_summary_bytes_max) + " bytes",
                   "summaries");
  if (r.host.size() > host_bytes_max || control_character_in(r.host))
    return refused("the name of its host has at most " + std::to_string(host_bytes_max) +
                     " bytes without control characters",
                   "host");
  if (auto e = check_offer({r.slots, r.cpu_milli, r.memory_bytes, r.named, r.labels}))
    return refused(std::move(e->message), std::move(e->field));
  return std::nullopt;
}

std::optional<error> check_proof(const tls_files& tls, const node_joins& x) {
  if (x.registration.local)
    return std::nullopt;
  const auto& r = x.registration;
  auto ok = check_signed_text(tls.ca, tls.certificate, r.name, join_text(x.challenge, r.name, r.boot_epoch),
                              {x.proof.certificates, x.proof.signature});
  if (ok)
    return std::nullopt;
  return std::move(ok).err();
}

registrar_actor::behavior_type registrar(self_pointer self, worker_supervisor_actor supervisor) {
  self->monitor(supervisor);
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  self->state.supervisor = std::move(supervisor);
  return {
    [self](join_atom, worker_registration& r, worker_node_actor& node) -> caf::result<welcome, worker_link_actor> {
      auto promise = self->make_response_promise<welcome, worker_link_actor>();
      challenge(self, std::move(r), std::move(node), promise);
      return promise;
    },
  };
}

} // namespace callboard
