#pragma once

#include "http/api/template_reader.hpp"
#include "http/message.hpp"

namespace callboard {

/// A submit by a template: which one, and what is asked for.
struct template_submit {
  std::string name;
  std::optional<uint32_t> version; ///< none: the present one
  template_request request;
  bool dry_run = false;       ///< answers what would be submitted
  boxed<trace_context> trace; ///< that the request belongs to
};

/// Fetches the template, fills it in, submits what came of it, and answers as that submit does.
void submit_by_template(const api& a, template_submit s, const responder& to);

} // namespace callboard
