#include "actors/fleet/registrar.hpp"

#include "messages/type_ids.hpp"

#include <algorithm>

#include "job_types/type_catalog.hpp"

namespace callboard {

namespace {

constexpr size_t name_length_max = 64;
constexpr uint32_t slots_max = 4096; // as workers.slots

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= name_length_max && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool longer(const std::vector<std::string>& texts, size_t bytes_max) {
  return std::any_of(texts.begin(), texts.end(), [bytes_max](const auto& t) { return t.size() > bytes_max; });
}

error refused(std::string why, std::string field) {
  return {ec::registration_refused, std::move(why), std::move(field)};
}

} // namespace

std::optional<error> check_registration(const worker_registration& r) {
  if (r.protocol != protocol_version)
    return refused("this scheduler speaks protocol " + std::to_string(protocol_version) + ", the worker " +
                     std::to_string(r.protocol),
                   "protocol");
  if (!good_name(r.name))
    return refused("a worker's name has 1 to 64 letters, digits, dots, dashes and underscores", "name");
  if (r.boot_epoch == 0)
    return refused("the boot epoch is missing", "boot_epoch");
  if (r.slots == 0 || r.slots > slots_max)
    return refused("a worker has 1 to " + std::to_string(slots_max) + " slots", "slots");
  if (r.types.empty())
    return refused("a worker runs at least one job type", "types");
  if (r.versions.size() != r.types.size() || r.summaries.size() != r.types.size() || r.schemas.size() != r.types.size())
    return refused("each job type has a version, a summary and a schema", "types");
  if (longer(r.versions, type_version_bytes_max))
    return refused("the version of a job type has at most " + std::to_string(type_version_bytes_max) + " bytes",
                   "versions");
  if (longer(r.summaries, type_summary_bytes_max))
    return refused("the summary of a job type has at most " + std::to_string(type_summary_bytes_max) + " bytes",
                   "summaries");
  return std::nullopt;
}

registrar_actor::behavior_type registrar(registrar_actor::pointer self, worker_supervisor_actor supervisor) {
  self->monitor(supervisor);
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  return {
    [self, supervisor](join_atom, worker_registration& r, worker_node_actor& node) {
      return self->delegate(supervisor, join_atom{}, std::move(r), std::move(node));
    },
  };
}

} // namespace callboard
