#include "audit/audit_chain.hpp"

namespace callboard {

std::optional<std::string> audit_chain::take(std::string_view line) {
  auto r = read_audit_line(line);
  if (!r) {
    gap_ = true;
    return r.err().message;
  }
  std::optional<std::string> why;
  if (!last_) {
    first_sequence_ = r->sequence;
    first_previous_ = r->previous;
  }
  // A break that a scheduler has found stays one, whatever comes after it.
  if (r->act == audit_act_break && r->previous == audit_chain_begin)
    why = "here the chain was found broken, and a new one begun";
  else if (last_ && !gap_ && r->sequence != last_->sequence + 1)
    why = "record " + std::to_string(r->sequence) + " comes after record " + std::to_string(last_->sequence);
  else if (last_ && !gap_ && r->previous != last_->hash)
    why = "record " + std::to_string(r->sequence) + " follows another record than the one before it";
  gap_ = false;
  last_ = std::move(*r);
  return why;
}

} // namespace callboard
