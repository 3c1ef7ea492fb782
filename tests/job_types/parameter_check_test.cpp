// Schemas that clients write for parameters of templates.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "job_types/parameter_check.hpp"

using namespace callboard;
using nlohmann::json;

TEST_CASE("parameters: a schema that cannot be used is refused", "[parameters]") {
  CHECK(check_parameters(json::parse(R"({"type":"object"})"), nullptr));
  for (const auto* schema : {R"({"properties":{"a":{"pattern":"("}}})", R"({"$ref":"#"})", R"({"$ref":"http://x/"})",
                             R"({"type":7})", R"({"patternProperties":{}})"}) {
    INFO(schema);
    const auto r = check_parameters(json::parse(schema), nullptr);
    REQUIRE(!r);
    CHECK(r.err().code == ec::invalid_value);
  }
}

TEST_CASE("parameters: what does not follow the schema is named", "[parameters]") {
  const auto schema = json::parse(R"({"required":["a"],"additionalProperties":false,"properties":{
    "a":{"type":"string","pattern":"^x"},"b":{"type":"array","items":{"type":"integer"}}}})");
  const auto refusal = [&schema](const char* value) {
    const auto v = json::parse(value);
    const auto r = check_parameters(schema, &v);
    return r ? std::string{"none"} : std::string{to_string(r.err().code)} + " " + r.err().field;
  };
  CHECK(refusal(R"({"a":"x1","b":[1]})") == "none");
  CHECK(refusal(R"({"a":1})") == "invalid_value parameters.a");
  CHECK(refusal(R"({"a":"y"})") == "invalid_value parameters.a");
  CHECK(refusal(R"({"a":"x","b":[1,"2"]})") == "invalid_value parameters.b[1]");
  CHECK(refusal(R"({"a":"x","c":1})") == "invalid_value parameters.c");
  CHECK(refusal("{}") == "invalid_value parameters.a");
}
