#pragma once

#include "http/api/response.hpp"
#include "tests/http/client.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace callboard::test {

/// A body, or a name, that is refused.
struct bad {
  std::string body, code, field;
  /// What the message must say.
  std::string says;
};

/// 400, and the scheduler hears nothing of it.
inline void check_refused(http_method method, const std::string& path, const std::string& body, const bad& x) {
  CAPTURE(path, body);
  direct d;
  const auto r = d.call(method, path, body);
  CHECK(r.status == 400);
  CHECK(code_of(r) == x.code);
  CHECK(field_of(r) == x.field);
  REQUIRE(r.failure);
  CHECK_THAT(r.failure->message, Catch::Contains(x.says));
  CHECK(d.back.calls() == 0);
}

/// Names that no queue and no key has. @param base  what stands before the name in the path
inline void check_bad_names(const std::string& base, const std::string& field) {
  const bad rows[] = {{std::string(129, 'x'), "out_of_range", field, "1 to 128 bytes"},
                      {"a%0Ab", "invalid_value", field, "control characters"},
                      {"a%7F", "invalid_value", field, "control characters"},
                      {"a%00", "invalid_value", field, "control characters"},
                      {"a%FF", "invalid_value", field, "UTF-8"},
                      {"%ED%A0%80", "invalid_value", field, "UTF-8"},
                      {"a%2", "bad_request", "", "hexadecimal"}};
  for (const auto& x : rows)
    for (const auto method : {http_method::get, http_method::put, http_method::delete_})
      check_refused(method, base + x.body, method == http_method::put ? "{}" : "", x);
}

} // namespace callboard::test
