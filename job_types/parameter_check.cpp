#include "job_types/parameter_check.hpp"

#include <nlohmann/json.hpp>

#include "job_types/payload_validator.hpp"

namespace callboard {

result<done> check_parameters(const nlohmann::json& schema, const nlohmann::json* parameters) {
  static const std::string whose = "the template";
  payload_validator v;
  if (auto ok = v.set(whose, schema.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)); !ok)
    return ok;
  if (parameters == nullptr)
    return done{};
  auto ok = v.check_value(whose, *parameters, "parameters");
  if (ok)
    return ok;
  return error{ec::invalid_value, ok.err().message, ok.err().field};
}

} // namespace callboard
