#include "core/webhooks/webhook.hpp"

#include <charconv>

namespace callboard {

namespace {

constexpr std::string_view tag_prefix = "webhook:";

/// The words of the lines as stored.
namespace line {
constexpr std::string_view url = "url", kind = "kind", queue = "queue", type = "type", workflow = "workflow",
                           worker = "worker", secret = "secret", header = "header", paused = "paused",
                           retries = "retries", created = "created", changed = "changed", since = "since",
                           secret_changed = "secret_changed";
} // namespace line

constexpr std::string_view between_header_and_value = ": ";

std::string number_of(time_point t) {
  return std::to_string(t.time_since_epoch().count());
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
  return bad == std::errc{} && end == text.data() + text.size();
}

bool read_moment(std::string_view text, time_point& into) {
  int64_t us = 0;
  const bool good = read_number(text, us);
  into = time_point{duration{us}};
  return good;
}

bool read_header(std::string_view text, webhook& w) {
  const auto at = text.find(between_header_and_value);
  if (at == std::string_view::npos)
    return false;
  w.headers.emplace_back(text.substr(0, at), text.substr(at + between_header_and_value.size()));
  return true;
}

/// A kind that this program does not know is kept and wants nothing: a later program wrote it.
void add_kind(std::string_view name, webhook& w) {
  w.kinds.emplace_back(name);
  w.filter.kinds |= kinds_named(name);
}

/// False: it is damaged. What has an unknown word is passed over: a later program wrote it.
bool read_line(std::string_view word, std::string_view value, webhook& w) {
  for (const auto& [name, to] : {std::pair{line::url, &w.url},
                                 {line::queue, &w.filter.queue},
                                 {line::type, &w.filter.type},
                                 {line::workflow, &w.filter.workflow},
                                 {line::worker, &w.filter.worker},
                                 {line::secret, &w.secret}})
    if (word == name)
      *to = value;
  for (const auto& [name, to] :
       {std::pair{line::created, &w.created_at}, {line::changed, &w.changed_at}, {line::since, &w.since}})
    if (word == name)
      return read_moment(value, *to);
  if (word == line::kind)
    add_kind(value, w);
  if (word == line::header)
    return read_header(value, w);
  if (word == line::paused)
    w.enabled = false;
  if (word == line::retries)
    return read_number(value, w.retries.emplace());
  if (word == line::secret_changed)
    return read_moment(value, w.secret_changed_at.emplace());
  return true;
}

} // namespace

bool wants_ends(const webhook& w) {
  for (const auto k : {event_kind::job_completed, event_kind::job_failed, event_kind::job_cancelled})
    if (w.filter.kinds[static_cast<size_t>(k)])
      return true;
  return false;
}

std::string identity_of(const event_id& id, const scheduler_event& e) {
  const std::string kind{to_string(e.kind)};
  return is_end_of_job(e.kind) ? to_string(e.job) + "/" + kind + "/" + std::to_string(e.attempt)
                               : to_string(id) + "/" + kind;
}

scheduler_event end_of(const job_record& r) {
  scheduler_event e;
  e.kind = r.state == job_state::completed ? event_kind::job_completed
           : r.state == job_state::failed  ? event_kind::job_failed
                                           : event_kind::job_cancelled;
  e.at = r.finished_at.value_or(r.created_at);
  e.job = r.id;
  e.before = e.state = r.state;
  e.attempt = r.attempt;
  e.type = r.spec.type;
  e.queue = r.spec.queue;
  if (r.spec.workflow)
    e.set(&event_details::workflow, r.spec.workflow->id);
  if (r.error && r.state != job_state::completed)
    e.set(&event_details::code, r.error->code);
  if (!r.history.empty()) {
    const auto& last = r.history.back();
    e.set(&event_details::reason, event_reason(last.reason));
    if (!last.worker.empty())
      e.worker = std::make_shared<const std::string>(last.worker);
  }
  return e;
}

std::string delivery_id(std::string_view webhook_name, std::string_view identity) {
  return std::string{webhook_name}.append("/").append(identity);
}

std::string delivery_key(std::string_view id) {
  return std::string{webhook_prefix}.append(id);
}

std::string delivery_tag(std::string_view webhook_name) {
  return std::string{tag_prefix}.append(webhook_name);
}

std::optional<delivered_event> read_delivery_key(std::string_view key) {
  if (!key.starts_with(webhook_prefix))
    return std::nullopt;
  delivered_event out;
  out.delivery = key.substr(webhook_prefix.size());
  const auto first = out.delivery.find('/');
  if (first == std::string_view::npos)
    return std::nullopt;
  const auto identity = out.delivery.substr(first + 1);
  const auto second = identity.find('/');
  if (second == std::string_view::npos)
    return std::nullopt;
  out.event = identity.substr(0, second);
  out.kind = identity.substr(second + 1);
  out.kind = out.kind.substr(0, out.kind.find('/'));
  return out;
}

std::string to_text(const webhook& w) {
  std::string out;
  const auto add = [&out](std::string_view word, std::string_view value) {
    out.append(word).append(" ").append(value).append("\n");
  };
  const auto add_unless_empty = [&](std::string_view word, std::string_view value) {
    if (!value.empty())
      add(word, value);
  };
  add(line::url, w.url);
  for (const auto& k : w.kinds)
    add(line::kind, k);
  add_unless_empty(line::queue, w.filter.queue);
  add_unless_empty(line::type, w.filter.type);
  add_unless_empty(line::workflow, w.filter.workflow);
  add_unless_empty(line::worker, w.filter.worker);
  add_unless_empty(line::secret, w.secret);
  for (const auto& [name, value] : w.headers)
    add(line::header, std::string{name}.append(between_header_and_value).append(value));
  if (!w.enabled)
    add(line::paused, "true");
  if (w.retries)
    add(line::retries, std::to_string(*w.retries));
  add(line::created, number_of(w.created_at));
  add(line::changed, number_of(w.changed_at));
  add(line::since, number_of(w.since));
  if (w.secret_changed_at)
    add(line::secret_changed, number_of(*w.secret_changed_at));
  return out;
}

result<webhook> parse_webhook(std::string_view name, std::string_view text) {
  webhook w;
  w.name = name;
  w.filter.kinds.reset();
  bool good = true;
  while (good && !text.empty()) {
    const auto end = text.find('\n');
    const auto space = text.find(' ');
    good = end != std::string_view::npos && space < end &&
           read_line(text.substr(0, space), text.substr(space + 1, end - space - 1), w);
    text.remove_prefix(good ? end + 1 : 0);
  }
  if (!good || w.url.empty() || w.kinds.empty())
    return error{ec::corrupt_record, "the record of webhook '" + std::string{name} + "' is damaged"};
  return w;
}

} // namespace callboard
