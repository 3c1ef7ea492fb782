#pragma once

#include "config/settings.hpp"
#include "core/base/error.hpp"
#include "core/placement/resources.hpp"

namespace callboard {

/// What a worker on this machine offers: its cores and memory, divided among `share` workers, with what the settings
/// name (workers.slots, workers.resources, workers.labels) laid over. Errors: invalid_value naming the setting.
result<resource_offer> machine_offer(const worker_settings& s, uint32_t share);

} // namespace callboard
