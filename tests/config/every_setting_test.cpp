#include "config/units.hpp"
#include "tests/config/samples.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <set>

using namespace callboard;
using namespace callboard::test;

namespace {

/// A value that differs from the default and keeps all values together valid.
std::string other_value(const setting_row& row) {
  const settings defaults;
  if (row.key == "workers.resources" || row.key == "workers.labels")
    return "gpu=2"; // texts of a form of their own
  if (row.key == "handlers.exec.cgroup")
    return "/sys/fs/cgroup/some";
  if (row.key == "alerts.off")
    return "clock_stepped,queue_waits";
  if (row.key == "alerts.webhook_url" || row.key == "tracing.endpoint")
    return "https://hooks.example/a";
  if (row.key == "alerts.email_to")
    return "ops@example.com,a@b";
  const auto text = value_text(row, defaults);
  switch (row.form) {
  case setting_form::flag:
    return text == "true" ? "false" : "true";
  case setting_form::count: {
    const auto n = std::stoull(text);
    return std::to_string(n + 1 <= row.max ? n + 1 : n - 1);
  }
  case setting_form::bytes:
    return std::to_string(*parse_bytes(text) + 1);
  case setting_form::time:
    return std::to_string(parse_duration(text)->count() + 1) + "us";
  case setting_form::choice:
    return std::string{row.choices.front() == text ? row.choices.back() : row.choices.front()};
  case setting_form::list:
    return "/a/b,/c d";
  case setting_form::address:
    return "localhost:1234";
  case setting_form::url:
    return "https://storage.example:9000";
  case setting_form::text:
    break;
  }
  return text + "x \"y\"";
}

/// A second one.
std::string third_value(const setting_row& row) {
  settings s;
  REQUIRE_FALSE(assign(row, s, plain_text{other_value(row)}));
  if (row.key == "workers.resources" || row.key == "workers.labels")
    return "gpu=3";
  if (row.key == "alerts.off")
    return "clock_stepped";
  if (row.key == "alerts.webhook_url" || row.key == "tracing.endpoint")
    return "https://hooks.example/b";
  if (row.key == "alerts.email_to")
    return "c@d";
  switch (row.form) {
  case setting_form::flag:
    return value_text(row, settings{});
  case setting_form::choice:
    return std::string{row.choices[1]};
  case setting_form::count:
    return std::to_string(std::stoull(other_value(row)) + (other_value(row) == std::to_string(row.max) ? -2 : 1));
  case setting_form::bytes:
    return std::to_string(*parse_bytes(other_value(row)) + 1);
  case setting_form::time:
    return std::to_string(parse_duration(other_value(row))->count() + 1) + "us";
  case setting_form::list:
    return "/d";
  case setting_form::address:
    return "[::1]:99";
  case setting_form::url:
    return "http://127.0.0.1";
  case setting_form::text:
    break;
  }
  return other_value(row) + "z";
}

std::string as_toml(const setting_row& row, const std::string& text) {
  settings s;
  REQUIRE_FALSE(assign(row, s, plain_text{text}));
  return value_toml(row, s);
}

/// Settings that must come along with one for the whole to be valid.
load_request company_of(const setting_row& row) {
  static const std::pair<std::string_view, std::string_view> pairs[] = {
    {"handlers.smtp.username", "handlers.smtp.password"},
    {"handlers.s3.access_key", "handlers.s3.secret_key"},
  };
  load_request r;
  for (const auto& [a, b] : pairs)
    if (row.key == a || row.key == b)
      r.environment[environment_name(*find_setting(row.key == a ? b : a))] = "set";
  if (row.key == "handlers.sftp.username")
    r.environment[environment_name(*find_setting("handlers.sftp.known_hosts_file"))] = "hosts";
  if (row.key == "alerts.webhook_secret_file")
    r.environment[environment_name(*find_setting("alerts.webhook_url"))] = "https://hooks.example/a";
  if (row.key == "tracing.headers_file")
    r.environment[environment_name(*find_setting("tracing.endpoint"))] = "https://hooks.example/a";
  return r;
}

std::string loaded_value(const setting_row& row, const load_request& r) {
  const auto s = load_settings(r);
  INFO(row.key);
  if (!s)
    FAIL(s.err().message);
  return value_text(row, *s);
}

/// The addresses of all members. A new member does not compile here until it is added, and then asks for a row.
std::vector<const void*> members(const settings& s) {
  std::vector<const void*> all;
  const auto add = [&all](const auto&... member) { (all.push_back(&member), ...); };
  const auto& [http, jobs, store, cluster, workers, http_workers, autoscale, schedules, templates, events, audit,
               alerts, webhooks, tracing, breaker, prices, scheduler, log, handlers, metrics, reports] = s;
  {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = http;
    add(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
  {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z, aa, ab] = jobs;
    add(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z, aa, ab);
  }
  {
    const auto& [a, b, c, d, e, f, g, h, i, j] = store;
    add(a, b, c, d, e, f, g, h, i, j);
  }
  {
    const auto& [a, b, c, d, e] = cluster;
    add(a, b, c, d, e);
  }
  {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = workers;
    add(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  }
  {
    const auto& [a, b, c, d, e] = http_workers;
    add(a, b, c, d, e);
  }
  {
    const auto& [a, b, c, d, e, f, g, h, i] = autoscale;
    add(a, b, c, d, e, f, g, h, i);
  }
  {
    const auto& [a, b, c, d] = schedules;
    add(a, b, c, d);
  }
  {
    const auto& [a, b, c] = templates;
    add(a, b, c);
  }
  {
    const auto& [a, b, c] = events;
    add(a, b, c);
  }
  {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag,
                 ah, ai, aj, ak, al, am, an, ao] = alerts;
    add(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah, ai,
        aj, ak, al, am, an, ao);
  }
  {
    const auto& [a, b, c, d, e, f, g] = webhooks;
    add(a, b, c, d, e, f, g);
  }
  {
    const auto& [a, b, c, d, e, f, g, h] = tracing;
    add(a, b, c, d, e, f, g, h);
  }
  {
    const auto& [a, b, c, d, e, f, g] = breaker;
    add(a, b, c, d, e, f, g);
  }
  {
    const auto& [a] = metrics;
    add(a);
  }
  {
    const auto& [a, b, c, d] = reports;
    add(a, b, c, d);
  }
  {
    const auto& [a, b, c, d, e, f] = audit;
    add(a, b, c, d, e, f);
  }
  {
    const auto& [a, b, c] = prices;
    add(a, b, c);
  }
  {
    const auto& [a, b, c, d, e] = scheduler;
    add(a, b, c, d, e);
  }
  {
    const auto& [a, b, c] = log;
    add(a, b, c);
  }
  // The last one is filled from workers.kill_grace.
  const auto& [smtp, s3, sftp, files, http_client, exec, data, kill_grace] = handlers;
  {
    const auto& [a, b, c, d, e, f, g, h, i] = smtp;
    add(a, b, c, d, e, f, g, h, i);
  }
  {
    const auto& [a, b, c, d] = s3;
    add(a, b, c, d);
  }
  {
    const auto& [a, b, c, d] = sftp;
    add(a, b, c, d);
  }
  {
    const auto& [a, b] = files;
    add(a, b);
  }
  {
    const auto& [a, b, c, d, e, f] = http_client;
    add(a, b, c, d, e, f);
  }
  {
    const auto& [a, b, c, d, e] = exec;
    add(a, b, c, d, e);
  }
  {
    const auto& [a, b] = data;
    add(a, b);
  }
  return all;
}

/// What a value reads like once it is loaded.
std::string canonical(const setting_row& row, const std::string& text) {
  settings s;
  REQUIRE_FALSE(assign(row, s, plain_text{text}));
  return value_text(row, s);
}

} // namespace

TEST_CASE("the table is sound") {
  std::set<std::string> names;
  std::set<const void*> places;
  settings s;
  for (const auto& row : setting_table()) {
    INFO(row.key);
    CHECK(names.insert(environment_name(row)).second);
    CHECK(places.insert(std::visit([&](auto ref) -> const void* { return &ref(s); }, row.access)).second);
    CHECK_FALSE(row.sentence.empty());
    CHECK(row.sentence.back() == '.');
    CHECK_FALSE(section_sentence(section_of(row.key)).empty());
    CHECK((row.max >= row.min || row.form == setting_form::text));
    CHECK((row.form == setting_form::choice) == !row.choices.empty());
    CHECK_FALSE(assign(row, s, plain_text{value_text(row, s)})); // the default is allowed
    if (std::holds_alternative<setting_ref<uint32_t>>(row.access))
      CHECK(row.max <= std::numeric_limits<uint32_t>::max());
    if (std::holds_alternative<setting_ref<uint16_t>>(row.access))
      CHECK(row.max <= std::numeric_limits<uint16_t>::max());
  }
}

TEST_CASE("every member of the tree is a setting") {
  settings s;
  const auto expected = members(s);
  std::vector<const void*> places;
  for (const auto& row : setting_table())
    places.push_back(std::visit([&](auto ref) -> const void* { return &ref(s); }, row.access));
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO("member " << i << ", near " << setting_table()[std::min(i, places.size() - 1)].key);
    CHECK(std::count(places.begin(), places.end(), expected[i]) == 1);
  }
  CHECK(places.size() == expected.size());
}

TEST_CASE("every section of the table has its place in the list of sections, and no other is there") {
  std::vector<std::string_view> used;
  for (const auto& row : setting_table())
    if (used.empty() || used.back() != section_of(row.key))
      used.push_back(section_of(row.key));
  CHECK(used == setting_sections());
}

TEST_CASE("every setting: default < file < environment < flag") {
  for (const auto& row : setting_table()) {
    INFO(row.key);
    const auto standard = value_text(row, settings{});
    const auto other = canonical(row, other_value(row));
    const auto third = canonical(row, third_value(row));
    REQUIRE(other != standard);
    REQUIRE(other != third);

    auto r = company_of(row);
    CHECK(loaded_value(row, {}) == standard);
    const scratch_file file{file_text(row, as_toml(row, other))};
    r.file = file.path();
    CHECK(loaded_value(row, r) == other);
    r.environment[environment_name(row)] = third;
    CHECK(loaded_value(row, r) == third);
    if (row.secret)
      continue;
    r.overrides = {{std::string{row.key}, other, "--set"}};
    CHECK(loaded_value(row, r) == other);
    // The last of several wins.
    r.overrides.push_back({std::string{row.key}, third, "--set"});
    CHECK(loaded_value(row, r) == third);
  }
}

TEST_CASE("every setting tells where it came from") {
  for (const auto& row : setting_table()) {
    INFO(row.key);
    auto r = company_of(row);
    const scratch_file file{"\n" + file_text(row, as_toml(row, other_value(row)))};
    r.file = file.path();
    auto s = load_settings_with_origins(r);
    REQUIRE(s);
    CHECK(s->origins.at(std::string{row.key}) == file.path() + ":3");
    r.environment[environment_name(row)] = other_value(row);
    s = load_settings_with_origins(r);
    REQUIRE(s);
    CHECK(s->origins.at(std::string{row.key}) == environment_name(row));
  }
}

TEST_CASE("every setting refuses what it cannot take, by file and line, variable and flag") {
  for (const auto& row : setting_table()) {
    INFO(row.key);
    // No setting takes an array of numbers.
    auto message = problems_of_file(file_text(row, "[1, 2]"));
    CHECK(message == "FILE:2: " + std::string{row.key} + " must be " + allowed_text(row) +
                       ", not an array of something else than strings");
    const auto bad = row.form == setting_form::text   ? std::string(1, '\0')
                     : row.form == setting_form::list ? std::string{"a,,b"}
                                                      : std::string{"~"};
    message = problems({.environment = {{environment_name(row), bad}}});
    CHECK(message.starts_with(environment_name(row) + ": " + std::string{row.key} + " must be " + allowed_text(row)));
    if (row.secret) {
      message = problems({.overrides = {{std::string{row.key}, "hunter2"}}});
      CHECK(message.find("is a secret") != std::string::npos);
      CHECK(message.find(environment_name(row)) != std::string::npos);
      CHECK(message.find("hunter2") == std::string::npos);
    } else {
      message = problems({.overrides = {{std::string{row.key}, bad}}});
      CHECK(message.starts_with("--set: " + std::string{row.key} + " must be "));
    }
  }
}

TEST_CASE("every number has both its bounds") {
  for (const auto& row : setting_table()) {
    if (row.form != setting_form::count && row.form != setting_form::bytes && row.form != setting_form::time)
      continue;
    INFO(row.key);
    const std::string unit = row.form == setting_form::time ? "us" : "";
    settings s;
    CHECK_FALSE(assign(row, s, plain_text{std::to_string(row.min) + unit}));
    CHECK_FALSE(assign(row, s, plain_text{std::to_string(row.max) + unit}));
    const auto before = value_text(row, s);
    CHECK(assign(row, s, plain_text{std::to_string(row.max + 1) + unit}));
    if (row.min > 0)
      CHECK(assign(row, s, plain_text{std::to_string(row.min - 1) + unit}));
    CHECK(assign(row, s, int64_t{-1}));
    CHECK(value_text(row, s) == before);
  }
}
