#include "http/api/event_stream.hpp"

#include "http/api/event_text.hpp"
#include "http/limits.hpp"

namespace callboard {

event_stream::event_stream(std::shared_ptr<event_feed> feed, std::unique_ptr<event_feed::seat> seat,
                           event_filter filter, const std::optional<event_id>& after)
  : feed_(std::move(feed)), seat_(std::move(seat)), filter_(std::move(filter)), seen_(after ? *after : feed_->last()) {
}

/// True: the part is full, and there may be more.
bool event_stream::append_from(const event_feed::page& page, std::string& out, size_t bytes_max) {
  for (const auto& batch : page.batches)
    for (auto n = std::max(batch->first().number, seen_.number + 1); n < batch->end(); ++n) {
      seen_ = {batch->first().boot, n};
      if (!filter_.passes(batch->at(n)))
        continue;
      out += *batch->text(n);
      if (out.size() >= bytes_max)
        return true;
    }
  return !page.batches.empty();
}

body_source::next_part event_stream::next(std::string& out, size_t bytes_max) {
  const bool first = !std::exchange(begun_, true);
  if (first)
    out += "retry: " + std::to_string(http_limits::events_retry_ms) + "\nid: " + to_string(seen_) + "\n\n";
  bool more = true;
  do {
    const auto page = feed_->read(seen_);
    if (page.missed && !first)
      return next_part::none;
    if (page.missed) {
      seen_ = page.before_first;
      out += reset_text(seen_);
      return next_part::text;
    }
    more = append_from(page, out, bytes_max);
  } while (more && out.size() < bytes_max);
  return out.empty() ? next_part::later : next_part::text;
}

void event_stream::on_ready(std::function<void()> wake) {
  seat_->await(seen_, std::move(wake));
}

std::string event_stream::filler() {
  return ": keep-alive\nid: " + to_string(seen_) + "\n\n";
}

duration event_stream::filler_after() const {
  return feed_->settings().keep_alive;
}

} // namespace callboard
