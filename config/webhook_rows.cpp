#include "config/setting_rows.hpp"

namespace callboard {

void add_webhook_rows(row_maker m) {
  using x = webhook_settings;
  constexpr auto in = &settings::webhooks;
  using std::chrono::hours;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  m.flag("webhooks.enabled", ref<in, &x::enabled>(), "Whether clients may have events sent to an address by webhooks.");
  m.needed("webhooks.queue", ref<in, &x::queue>(),
           "Queue of the jobs that deliver events. Events of its jobs are delivered to nobody.");
  m.count("webhooks.max", ref<in, &x::max>(), 1, 1'000, "webhooks", "Webhooks at once; beyond it a new one gets 429.");
  m.count("webhooks.pending_max", ref<in, &x::pending_max>(), 100, 1'000'000, "deliveries",
          "Deliveries that wait in memory to become jobs, while the store does not write. Of more, ends of jobs are "
          "read from the store later, and other events are dropped and counted.");
  m.time("webhooks.timeout", ref<in, &x::timeout>(), milliseconds{100}, hours{1},
         "Time for one attempt to deliver an event.");
  m.count("webhooks.retries", ref<in, &x::retries>(), 0, 1'000, "retries",
          "Retries of a delivery of which the webhook does not say how many.");
  m.time("webhooks.cursor_every", ref<in, &x::cursor_every>(), milliseconds{100}, hours{1},
         "Time between two notes in the store of how far the ends of jobs have been delivered. After a crash those "
         "of up to three times this are looked at again.");
}

} // namespace callboard
