#include "job_types/payload_validator.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_visitor.hpp>

#include <regex>
#include <stdexcept>
#include <unordered_map>

#include "job_types/pattern.hpp"
#include "job_types/schema_explanation.hpp"
#include "job_types/usable_schema.hpp"

namespace callboard {

namespace {

using adapter = valijson::adapters::NlohmannJsonAdapter;

/// Names of types in one message.
constexpr size_t listed_types_max = 50;

/// valijson's `<root>` `[to]` `[0]` as `payload.to[0]`.
/// @param out  the name of the root.
std::string dotted(const std::vector<std::string>& context, std::string out) {
  for (size_t i = 1; i < context.size(); ++i) {
    const auto name = context[i].substr(1, context[i].size() - 2);
    const bool is_index = name.find_first_not_of("0123456789") == std::string::npos;
    out += is_index ? context[i] : "." + name;
  }
  return out;
}

/// `pattern` of a schema, matched by RE2.
class pattern_constraint final : public valijson::constraints::PolyConstraint {
public:
  explicit pattern_constraint(const std::string& text) : pattern_(text) {
  }
  bool validate(const valijson::adapters::Adapter& value, const std::vector<std::string>& context,
                valijson::ValidationResults* faults) const override {
    if (!value.isString() || pattern_.is_found_in(value.asString()))
      return true;
    if (faults)
      faults->pushError(context, "it does not match the pattern");
    return false;
  }

private:
  Constraint* cloneInto(void* place) const override {
    return new (place) pattern_constraint{*this};
  }
  size_t sizeOf() const override {
    return sizeof(pattern_constraint);
  }

  const pattern pattern_;
};

class pattern_builder final : public valijson::ConstraintBuilder {
public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    return new pattern_constraint{value.asString()};
  }
};

void compile(const nlohmann::json& text, valijson::Schema& out) {
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  // The parser deletes it.
  parser.addConstraintBuilder(std::string{pattern_keyword}, new pattern_builder);
  parser.populateSchema(adapter{text}, out);
}

} // namespace

struct payload_validator::compiled_schema {
  std::string type;
  usable_schema source;
  valijson::Schema schema;
  bool takes_all = false;

  /// Without a place for faults valijson stops at the first one, and the valid payload, the usual case, costs least.
  bool accepts(const nlohmann::json& payload, valijson::ValidationResults* faults) const {
    const adapter target{payload};
    // valijson wants a place for compiled std::regex; no schema here has one (see usable_schema).
    std::unordered_map<std::string, std::regex> none;
    valijson::ValidationVisitor<adapter> visitor{target, {"<root>"}, true, faults, none};
    return visitor.validateSchema(schema);
  }

  error why(const nlohmann::json& payload, const std::string& root) const {
    if (auto e = explain_schema_fault(source.text, payload, root))
      return std::move(*e);
    valijson::ValidationResults faults;
    accepts(payload, &faults);
    valijson::ValidationResults::Error first;
    if (!faults.popError(first))
      return {ec::invalid_payload, "the " + root + " does not follow the schema of " + type, root};
    const auto field = dotted(first.context, root);
    return {ec::invalid_payload, field + ": " + first.description, field};
  }
};

payload_validator::payload_validator() = default;
payload_validator::~payload_validator() = default;
payload_validator::payload_validator(const payload_validator&) = default;
payload_validator::payload_validator(payload_validator&&) noexcept = default;
payload_validator& payload_validator::operator=(payload_validator&&) noexcept = default;

result<done> payload_validator::set(const std::string& type, std::string_view schema) {
  auto s = std::make_shared<compiled_schema>();
  s->type = type;
  s->takes_all = schema.empty();
  if (!s->takes_all) {
    auto source = read_schema(schema);
    if (!source)
      return std::move(source).err();
    s->source = std::move(*source);
    try {
      compile(s->source.text, s->schema);
    } catch (const std::exception& e) {
      return error{ec::invalid_value, std::string{"it is not a JSON Schema: "} + e.what(), "schema"};
    }
  }
  schemas_[type] = std::move(s);
  return done{};
}

bool payload_validator::knows(std::string_view type) const {
  return schemas_.find(type) != schemas_.end();
}

std::vector<std::string> payload_validator::types() const {
  std::vector<std::string> names;
  for (const auto& [name, schema] : schemas_)
    names.push_back(name);
  return names;
}

result<done> payload_validator::check_value(std::string_view type, const nlohmann::json& payload,
                                            const std::string& root) const {
  const auto found = schemas_.find(type);
  if (found == schemas_.end())
    return error{ec::unknown_job_type,
                 "there is no job type \"" + std::string{type} + "\"; known are " + listed_types(types()), "jobType"};
  const auto& s = *found->second;
  if (s.takes_all || s.accepts(payload, nullptr))
    return done{};
  return s.why(payload, root);
}

result<done> payload_validator::check(std::string_view type, std::string_view payload) const {
  // An unknown type is told as such, whatever its payload is.
  if (!knows(type))
    return check_value(type, nullptr);
  const auto parsed = nlohmann::json::parse(payload, nullptr, false);
  if (parsed.is_discarded())
    return error{ec::malformed_json, "payload is not valid JSON", "payload"};
  return check_value(type, parsed);
}

std::string listed_types(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < listed_types_max; ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > listed_types_max)
    out += " and " + std::to_string(names.size() - listed_types_max) + " more";
  return out;
}

} // namespace callboard
