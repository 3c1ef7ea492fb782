#pragma once

#include "http/json/job_text.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace callboard::test {

/// The body of a submit of a `noop`. @param fields  `"priority":3`, after the type
inline std::string job(const std::string& fields) {
  return R"({"jobType":"noop")" + (fields.empty() ? "" : "," + fields) + "}";
}

/// What comes of a submit with these fields, which is accepted.
inline job_spec accepted(const std::string& fields) {
  direct d;
  const auto r = d.submit(job(fields));
  INFO(fields << "\n" << r.body);
  REQUIRE(r.status == 201);
  return d.back.submits.at(0).jobs.at(0);
}

/// What a job shows of what was asked for.
inline nlohmann::json written(const job_spec& s) {
  std::string out;
  json_writer w{out};
  w.open('{');
  write_spec(w, s, {}, redaction_book{});
  w.close('}');
  return nlohmann::json::parse(out);
}

} // namespace callboard::test
