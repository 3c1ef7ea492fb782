#include "core/base/name.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

constexpr name_kind all_kinds[] = {name_kind::worker,   name_kind::job_type,     name_kind::resource, name_kind::label,
                                   name_kind::schedule, name_kind::job_template, name_kind::webhook};
static_assert(std::size(all_kinds) == name_kind_count);

bool allows_slash(name_kind kind) {
  return kind == name_kind::resource || kind == name_kind::label;
}

} // namespace

TEST_CASE("a name has the characters of its kind and no others", "[name]") {
  for (const auto kind : all_kinds) {
    INFO(name_rule(kind));
    std::string allowed;
    for (int c = 0; c < 256; ++c)
      if (is_name(kind, std::string(1, static_cast<char>(c))))
        allowed += static_cast<char>(c);
    std::string expected{"-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"};
    if (allows_slash(kind))
      expected.insert(2, "/");
    CHECK(allowed == expected);
    CHECK_FALSE(is_name(kind, "a b"));
    CHECK_FALSE(is_name(kind, {"a\0b", 3}));
    CHECK_FALSE(is_name(kind, "b\xC3\xA4r"));
  }
}

TEST_CASE("a name is as long as its kind allows, and not empty", "[name]") {
  const std::pair<name_kind, size_t> bounds[] = {
    {name_kind::worker, 64},    {name_kind::job_type, 128},     {name_kind::resource, 63}, {name_kind::label, 63},
    {name_kind::schedule, 100}, {name_kind::job_template, 100}, {name_kind::webhook, 64}};
  for (const auto& [kind, bytes] : bounds) {
    INFO(name_rule(kind));
    CHECK(name_bytes_max(kind) == bytes);
    CHECK(is_name(kind, std::string(bytes, 'x')));
    CHECK_FALSE(is_name(kind, std::string(bytes + 1, 'x')));
    CHECK_FALSE(is_name(kind, ""));
  }
}

TEST_CASE("the rule of a name in words", "[name]") {
  CHECK(name_rule(name_kind::worker) == "a worker's name has 1 to 64 letters, digits, dots, dashes and underscores");
  CHECK(name_rule(name_kind::job_type) ==
        "a job type's name has 1 to 128 letters, digits, dots, dashes and underscores");
  CHECK(name_rule(name_kind::resource) == "a resource's name has 1 to 63 of a-z A-Z 0-9 . _ - /");
  CHECK(name_rule(name_kind::label) == "a label's name has 1 to 63 of a-z A-Z 0-9 . _ - /");
}

TEST_CASE("any text becomes a name that keeps its end", "[name]") {
  CHECK(to_name(name_kind::worker, "host.example", "-17") == "host.example-17");
  CHECK(to_name(name_kind::worker, "my host/\xC3\xA4", "-17") == "my-host----17");
  CHECK(to_name(name_kind::label, "my/host", "") == "my/host");
  CHECK(to_name(name_kind::worker, std::string(64, 'h'), "-4194304") == std::string(56, 'h') + "-4194304");
  CHECK(to_name(name_kind::worker, "h", std::string(64, 'e')) == std::string(64, 'e'));
  CHECK(to_name(name_kind::worker, "", "-17") == "-17");
}

TEST_CASE("free text has everything but control characters", "[name]") {
  for (int c = 0; c < 256; ++c) {
    const std::string text{'a', static_cast<char>(c)};
    INFO(c);
    CHECK(control_character_in(text).has_value() == (c < 32 || c == 127));
  }
  CHECK(control_character_in("a\tb\n") == '\t');
  CHECK_FALSE(control_character_in(""));
  CHECK(free_text_rule(128) == "1 to 128 bytes without control characters");
}
