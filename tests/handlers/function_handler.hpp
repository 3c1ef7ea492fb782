#pragma once

#include "handlers/handler.hpp"

#include <functional>
#include <string>
#include <utility>

namespace callboard::test {

using body = std::function<attempt_outcome(const attempt&, handler_context&)>;

/// A job type that a test makes up.
class function_handler final : public handler {
public:
  function_handler(std::string type, body f, std::string schema = "{}")
    : type_(std::move(type)), f_(std::move(f)), schema_(std::move(schema)) {
  }
  std::string_view type() const override {
    return type_;
  }
  std::string_view summary() const override {
    return "for this test";
  }
  std::string_view schema() const override {
    return schema_;
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return f_(a, ctx);
  }

private:
  std::string type_;
  body f_;
  std::string schema_;
};

} // namespace callboard::test
