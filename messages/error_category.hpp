#pragma once

#include "core/base/error.hpp"

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>

CAF_ERROR_CODE_ENUM(callboard::ec, "callboard")

namespace callboard {

/// Our error as CAF carries it, and back. The field travels in the message's context.
inline caf::error to_caf(const error& e) {
  return caf::error{static_cast<uint8_t>(e.code), caf::atom("callboard"), caf::make_message(e.message)};
}
error from_caf(const caf::error& e);

} // namespace callboard
