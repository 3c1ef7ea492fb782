#pragma once

#include "handlers/handler.hpp"

#include "job_types/builtin_types.hpp"

namespace callboard {

/// A handler whose type the scheduler knows without any worker.
class builtin_handler : public handler {
public:
  explicit builtin_handler(const builtin_type& t) : type_(t) {
  }
  std::string_view type() const final {
    return type_.name;
  }
  std::string_view summary() const final {
    return type_.summary;
  }
  std::string_view version() const final {
    return type_.version;
  }
  std::string_view schema() const final {
    return type_.schema;
  }

private:
  const builtin_type& type_;
};

} // namespace callboard
