#pragma once

namespace callboard {

struct program_context;
struct client_flags;

/// Shows `top` on the terminal until somebody quits, and leaves the terminal as it was. Throws command_failure when the
/// terminal cannot be used.
void run_on_terminal(program_context& context, const client_flags& flags);

} // namespace callboard
