#include "handlers/registry.hpp"
#include "handlers/schema_explanation.hpp"
#include "handlers/validate_json.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <stdexcept>

namespace callboard {

namespace {

using adapter = valijson::adapters::NlohmannJsonAdapter;

struct compiled_schema {
  std::string type;
  nlohmann::json text;
  valijson::Schema schema;
};

/// valijson's `<root>` `[to]` `[0]` as `payload.to[0]`.
std::string dotted(const std::vector<std::string>& context) {
  std::string out = "payload";
  for (size_t i = 1; i < context.size(); ++i) {
    const auto name = context[i].substr(1, context[i].size() - 2);
    const bool is_index = name.find_first_not_of("0123456789") == std::string::npos;
    out += is_index ? context[i] : "." + name;
  }
  return out;
}

valijson::Validator& validator_of_this_thread() {
  // It caches the regular expressions of patterns, so it is not shared between threads.
  thread_local valijson::Validator v;
  return v;
}

error why(const compiled_schema& s, const nlohmann::json& payload) {
  if (auto e = explain_schema_fault(s.text, payload, "payload"))
    return std::move(*e);
  valijson::ValidationResults faults;
  validator_of_this_thread().validate(s.schema, adapter{payload}, &faults);
  valijson::ValidationResults::Error first;
  if (!faults.popError(first))
    return {ec::invalid_payload, "the payload does not follow the schema of " + s.type, "payload"};
  const auto field = dotted(first.context);
  return {ec::invalid_payload, field + ": " + first.description, field};
}

} // namespace

struct payload_validator::impl {
  std::vector<std::unique_ptr<compiled_schema>> schemas;
  std::string known;

  const compiled_schema* find(std::string_view type) const {
    for (const auto& s : schemas)
      if (s->type == type)
        return s.get();
    return nullptr;
  }
};

payload_validator::payload_validator(const handler_registry& types) : impl_(std::make_unique<impl>()) {
  for (const auto& h : types.all()) {
    auto s = std::make_unique<compiled_schema>();
    s->type = h->type();
    try {
      s->text = nlohmann::json::parse(h->schema());
      valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(adapter{s->text}, s->schema);
    } catch (const std::exception& e) {
      throw std::invalid_argument("the schema of the job type " + s->type + ": " + e.what());
    }
    impl_->known += (impl_->known.empty() ? "" : ", ") + s->type;
    impl_->schemas.push_back(std::move(s));
  }
}

payload_validator::~payload_validator() = default;
payload_validator::payload_validator(payload_validator&&) noexcept = default;

result<done> check_payload(const payload_validator& v, std::string_view type, const nlohmann::json& payload) {
  const auto* s = v.impl_->find(type);
  if (!s)
    return error{ec::unknown_job_type,
                 "there is no job type \"" + std::string{type} + "\"; known are " + v.impl_->known, "jobType"};
  // Without a place for faults valijson stops at the first one, and the valid payload, the usual case, costs least.
  if (validator_of_this_thread().validate(s->schema, adapter{payload}, nullptr))
    return done{};
  return why(*s, payload);
}

result<done> payload_validator::check(std::string_view type, std::string_view payload) const {
  // An unknown type is told as such, whatever its payload is.
  if (!impl_->find(type))
    return check_payload(*this, type, nullptr);
  const auto parsed = nlohmann::json::parse(payload, nullptr, false);
  if (parsed.is_discarded())
    return error{ec::malformed_json, "payload is not valid JSON", "payload"};
  return check_payload(*this, type, parsed);
}

} // namespace callboard
