#include "alerts/alert_board.hpp"

#include <utility>

#include "alerts/alert_file.hpp"

namespace callboard {

alert_board::alert_board(const alert_limits& l, std::filesystem::path file,
                         std::function<void(const std::string&)> tell)
  : file_(std::move(file)), tell_(std::move(tell)), book_(std::make_unique<alert_book>(l)), watch_(l) {
  auto memory = read_alert_memory(file_);
  if (memory)
    book_->restore(std::move(*memory));
  else
    tell_("silences and acknowledgements of alerts are lost: " + memory.err().message);
  show();
}

std::vector<alert_change> alert_board::look(const alert_figures& f, const moment& now) {
  const std::lock_guard lock{writing_};
  auto changes = book_->look(watch_.look(f, now), now);
  looked_steady_ = now.steady;
  if (f.jobs != nullptr)
    looked_at_ = now.wall;
  if (book_->take_changed() || unwritten_) {
    const auto ok = keep();
    if (!ok && !unwritten_)
      tell_("alerts cannot be kept, so a restart would tell of them again: " + ok.err().message);
    unwritten_ = !ok;
  }
  show();
  return changes;
}

void alert_board::was_not_told(uint64_t id) {
  const std::lock_guard lock{writing_};
  book_->was_not_told(id);
  show();
}

template <class T, class Act>
result<T> alert_board::act(Act change) {
  const std::lock_guard lock{writing_};
  auto before = std::make_unique<alert_book>(*book_);
  auto out = change(*book_);
  if (!out)
    return out;
  if (const auto ok = keep(); !ok) {
    book_ = std::move(before);
    return error{ec::storage_unavailable, "nothing was done: " + ok.err().message};
  }
  unwritten_ = false;
  (void)book_->take_changed();
  show();
  return out;
}

result<alert> alert_board::acknowledge(uint64_t id, alert_ack ack) {
  return act<alert>([&](alert_book& b) { return b.acknowledge(id, std::move(ack)); });
}

result<alert_silence> alert_board::silence(alert_silence s, const moment& now) {
  return act<alert_silence>([&](alert_book& b) { return b.silence(std::move(s), now); });
}

result<alert_silence> alert_board::end_silence(uint64_t id) {
  return act<alert_silence>([&](alert_book& b) { return b.end_silence(id); });
}

std::shared_ptr<const alert_view> alert_board::view() const {
  const std::lock_guard lock{showing_};
  return shown_;
}

result<done> alert_board::keep() {
  return write_alert_memory(file_, book_->memory());
}

void alert_board::show() {
  auto v = std::make_shared<alert_view>();
  v->alerts = book_->alerts();
  v->silences = book_->silences();
  v->objectives = watch_.objectives(looked_steady_);
  v->drains = watch_.drains();
  v->looked_at = looked_at_;
  std::shared_ptr<const alert_view> before = std::move(v);
  const std::lock_guard lock{showing_};
  shown_.swap(before);
}

} // namespace callboard
