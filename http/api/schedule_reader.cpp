#include "http/api/schedule_reader.hpp"

#include "core/base/name.hpp"
#include "core/base/rfc3339.hpp"
#include "http/api/batch.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/schedule_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "files/time_zone.hpp"

namespace callboard {

namespace {

constexpr std::array<std::string_view, 17> fields{"name", "cron", "every", "anchor", "at", "timeZone", "startAt",
                                                  "endAt", "jitter", "catchUp", "catchUpMax", "overlap", "startWithin",
                                                  "job", "template",
                                                  // of a preview only
                                                  "count", "from"};
constexpr size_t preview_fields = 2;
constexpr std::array<std::string_view, 3> when_fields{"cron", "every", "at"};

error invalid(std::string_view field, const std::string& why) {
  return {ec::invalid_value, why, std::string{field}};
}

/// One of `names`, by its position.
template <class Rule>
result<Rule> read_choice(const json_scalar& v, std::string_view field, std::span<const std::string_view> names) {
  const auto found = v.is == json_scalar::type::text ? std::find(names.begin(), names.end(), *v.text) : names.end();
  if (found != names.end())
    return static_cast<Rule>(found - names.begin());
  return invalid(field,
                 std::string{field} + " must be one of " + joined({names.begin(), names.end()}) + ", not " + shown(v));
}

class schedule_reader {
public:
  schedule_reader(const api& a, flat_object body, schedule_use use, std::string_view name)
    : api_(a), body_(std::move(body)), use_(use), name_(name), now_(a.clock()) {
  }

  result<parsed_schedule> read() {
    using self = schedule_reader;
    for (auto step : {&self::read_name, &self::read_when, &self::read_zone, &self::read_bounds, &self::read_rules,
                      &self::read_job, &self::read_preview, &self::check_fires})
      if (auto e = (this->*step)())
        return std::move(*e);
    return std::move(out_);
  }

private:
  using problem = std::optional<error>;

  /// Reads a field if it is there.
  template <class T, class Read>
  problem take(std::string_view field, T& into, Read read) {
    const auto* v = body_.find(field);
    if (v == nullptr)
      return std::nullopt;
    auto r = read(*v, field);
    if (!r)
      return std::move(r).err();
    into = std::move(*r);
    return std::nullopt;
  }
  template <class T>
  problem take_time(std::string_view field, T& into) {
    return take(field, into, [](const json_scalar& v, std::string_view f) { return read_time(v, f); });
  }
  template <class T>
  problem take_seconds(std::string_view field, T& into, duration min, duration max) {
    return take(field, into, [=](const json_scalar& v, std::string_view f) { return read_seconds(v, f, min, max); });
  }
  template <class T>
  problem take_integer(std::string_view field, T& into, uint32_t min, uint32_t max) {
    return take(field, into, [=](const json_scalar& v, std::string_view f) { return read_integer(v, f, min, max); });
  }
  template <class T>
  problem take_choice(std::string_view field, T& into, std::span<const std::string_view> names) {
    return take(field, into, [=](const json_scalar& v, std::string_view f) { return read_choice<T>(v, f, names); });
  }

  problem read_name() {
    auto& name = out_.definition.name;
    name = name_;
    const auto* v = body_.find("name");
    if (v == nullptr && use_ == schedule_use::create)
      return error{ec::missing_field, "name is required; " + name_rule(name_kind::schedule), "name"};
    if (v == nullptr)
      return std::nullopt;
    if (v->is != json_scalar::type::text || !is_name(name_kind::schedule, *v->text))
      return invalid("name", name_rule(name_kind::schedule) + ", not " + shown(*v));
    if (use_ == schedule_use::replace && *v->text != name_)
      return invalid("name", "name must be that in the address, " + shown(name_) + ", or left out; not " + shown(*v));
    if (*v->text == reserved_schedule_name)
      return invalid("name", "name must not be " + shown(*v) + ", the address of a function");
    name = *v->text;
    return std::nullopt;
  }

  problem read_when() {
    std::string_view given;
    for (const auto field : when_fields) {
      if (body_.find(field) == nullptr)
        continue;
      if (!given.empty())
        return invalid(field, std::string{given} + " and " + std::string{field} +
                                " are both given; give exactly one of cron, every, at");
      given = field;
    }
    if (given.empty())
      return error{ec::missing_field,
                   "exactly one of cron (an expression), every (seconds) and at (a time) is required", "cron"};
    if (given != "every" && body_.find("anchor") != nullptr)
      return invalid("anchor",
                     "anchor goes with every, whose times are counted from it; not with " + std::string{given});
    return given == "cron" ? read_cron() : given == "every" ? read_every() : read_at();
  }
  problem read_cron() {
    const auto& v = *body_.find("cron");
    if (v.is != json_scalar::type::text)
      return invalid("cron", "cron must be a string such as \"30 2 * * *\", not " + shown(v));
    auto parsed = cron::parse(*v.text);
    if (!parsed)
      return std::move(parsed).err();
    out_.definition.expression = *v.text;
    out_.definition.rules.when = std::move(*parsed);
    return std::nullopt;
  }
  problem read_every() {
    fire_every e;
    // Answers show times in milliseconds: this one is exactly what they show.
    e.anchor = std::chrono::floor<std::chrono::milliseconds>(now_);
    if (auto wrong = take_seconds("every", e.period, http_limits::every_min, http_limits::every_max))
      return wrong;
    if (auto wrong = take_time("anchor", e.anchor))
      return wrong;
    out_.definition.rules.when = e;
    return std::nullopt;
  }
  problem read_at() {
    fire_once o;
    if (auto wrong = take_time("at", o.at))
      return wrong;
    if (o.at <= now_)
      return passed("at", o.at);
    out_.definition.rules.when = o;
    return std::nullopt;
  }
  error passed(std::string_view field, time_point t) const {
    return {ec::time_in_past,
            std::string{field} + " " + to_rfc3339(t) + " has passed: it is " + to_rfc3339(now_) +
              "; allowed is a later time",
            std::string{field}};
  }

  problem read_zone() {
    auto& d = out_.definition;
    if (body_.find("timeZone") != nullptr && d.expression.empty())
      return invalid("timeZone", "timeZone goes with cron; every and at have moments, which need none");
    if (auto wrong = take("timeZone", d.zone, [](const json_scalar& v, std::string_view f) {
          return read_text(v, f, http_limits::zone_bytes_max);
        }))
      return wrong;
    if (d.zone == "UTC")
      d.zone.clear();
    if (d.zone.empty())
      return std::nullopt;
    auto zone = find_time_zone(d.zone);
    if (!zone)
      return std::move(zone).err();
    d.rules.zone = std::move(*zone);
    return std::nullopt;
  }

  problem read_bounds() {
    auto& r = out_.definition.rules;
    if (auto wrong = take_time("startAt", r.starts_at))
      return wrong;
    if (auto wrong = take_time("endAt", r.ends_at))
      return wrong;
    if (r.ends_at && *r.ends_at <= now_)
      return passed("endAt", *r.ends_at);
    if (r.starts_at && r.ends_at && *r.ends_at <= *r.starts_at)
      return invalid("endAt", "endAt " + to_rfc3339(*r.ends_at) + " must be after startAt " + to_rfc3339(*r.starts_at));
    return std::nullopt;
  }

  problem read_rules() {
    auto& d = out_.definition;
    auto& r = d.rules;
    const auto catch_up_max = api_.schedules.catch_up_max;
    r.catch_up_max = std::min(http_limits::catch_up_default, catch_up_max);
    if (auto wrong = take_seconds("jitter", r.jitter, duration{0}, api_.schedules.jitter_max))
      return wrong;
    if (auto wrong = take_choice("catchUp", r.missed, catch_up_names))
      return wrong;
    if (r.missed != catch_up_rule::all && body_.find("catchUpMax") != nullptr)
      return invalid("catchUpMax", "catchUpMax goes with catchUp all, not with " +
                                     std::string{catch_up_names[static_cast<size_t>(r.missed)]});
    if (auto wrong = take_integer("catchUpMax", r.catch_up_max, 1, catch_up_max))
      return wrong;
    if (auto wrong = take_choice("overlap", r.when_unfinished, overlap_names))
      return wrong;
    if (auto wrong = take_seconds("startWithin", d.start_within, http_limits::timeout_min, http_limits::every_max))
      return wrong;
    if (d.start_within && *d.start_within <= r.jitter)
      return invalid("startWithin", "startWithin must be longer than jitter, by which a job is submitted later");
    return std::nullopt;
  }

  problem read_job() {
    const auto text = body_.inner();
    if (text.empty() && use_ == schedule_use::preview)
      return std::nullopt;
    if (text.empty())
      return error{ec::missing_field,
                   "job is required: an object with the fields of a submit; or template, which makes one", "job"};
    auto job = parse_job(api_, text, now_, job_place::schedule);
    if (!job)
      return within(std::move(job).err(), "job");
    if (job->spec.on_miss != deadline_action::fail && !out_.definition.start_within)
      return invalid("job.onMiss",
                     "onMiss says what happens when a job starts too late; give the schedule startWithin");
    const auto& tags = job->spec.tags;
    if (const auto own = schedule_tag(out_.definition.name); std::find(tags.begin(), tags.end(), own) != tags.end())
      return invalid("job.tags", "tags must not name " + own + ", which each job of the schedule has anyway");
    out_.definition.job = std::move(job->spec);
    return std::nullopt;
  }

  problem read_preview() {
    out_.count = http_limits::preview_default;
    out_.from = now_;
    if (auto wrong = take_integer("count", out_.count, 1, http_limits::preview_max))
      return wrong;
    return take_time("from", out_.from);
  }

  /// Refuses what would never fire.
  problem check_fires() {
    const auto& r = out_.definition.rules;
    if (next_fire(r, now_))
      return std::nullopt;
    auto why = "the schedule would never fire: it has no time after " +
               to_rfc3339(r.starts_at ? std::max(*r.starts_at, now_) : now_);
    if (r.ends_at)
      why += " and before " + to_rfc3339(*r.ends_at);
    return invalid(r.ends_at ? "endAt" : r.starts_at ? "startAt" : "cron", why);
  }

  const api& api_;
  flat_object body_;
  schedule_use use_;
  std::string_view name_;
  time_point now_;
  parsed_schedule out_;
};

} // namespace

result<parsed_schedule> parse_schedule(const api& a, std::string_view text, schedule_use use, std::string_view name) {
  const auto known = std::span{fields}.first(fields.size() - (use == schedule_use::preview ? 0 : preview_fields));
  // As deep as a job may be, and the object around it.
  auto body = parse_flat_object(text, known, a.http.json_depth_max + 1, "job");
  if (!body)
    return std::move(body).err();
  return schedule_reader{a, std::move(*body), use, name}.read();
}

} // namespace callboard
