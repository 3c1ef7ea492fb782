#pragma once

#include "core/base/error.hpp"

namespace callboard {

/// Pulls this program's own SSL_read, SSL_write, SSL_accept and SSL_connect into the link, which clear the thread's
/// queue of errors before the real ones run, and makes sure that libraries loaded by this process call ours. Without
/// them one worker that dies takes other workers' connections down. Once, before the actor system starts. Error:
/// internal_error when the program was linked in a way that keeps them from taking effect.
result<done> guard_openssl_error_queue();

} // namespace callboard
