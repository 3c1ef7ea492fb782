#include "pki/openssl_error_queue.hpp"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdlib>

// SSL_get_error looks at the result of a call AND at the calling thread's queue of errors: an error that an earlier
// call left there, on whatever session, makes it say "failed" for a healthy session that merely has nothing to read.
// That is why its manual demands an empty queue before every call. CAF 0.17 does not empty it. All its sessions share
// one I/O thread, and with OpenSSL 3 the end of a peer without a TLS goodbye (kill -9, a machine that is gone) is such
// an error. So the loss of one worker closed the connection of the next one that was looked at.
//
// These four functions have the names of OpenSSL's. A dynamic linker looks a name up in the program first, then in the
// libraries in their order: libcaf_openssl, which is not ours to change, calls these. They empty the queue and go on to
// the real ones, which are next in that order.

namespace {

/// What comes after this program in the order of look-ups.
template <class Function>
Function* real(const char* name) {
  if (void* found = ::dlsym(RTLD_NEXT, name))
    return reinterpret_cast<Function*>(found);
  // Cannot be: the program is linked with the library that has it.
  std::abort();
}

} // namespace

extern "C" {

#pragma GCC visibility push(default)

int SSL_read(SSL* ssl, void* buf, int num) {
  static auto* const next = real<int(SSL*, void*, int)>("SSL_read");
  ERR_clear_error();
  return next(ssl, buf, num);
}

int SSL_write(SSL* ssl, const void* buf, int num) {
  static auto* const next = real<int(SSL*, const void*, int)>("SSL_write");
  ERR_clear_error();
  return next(ssl, buf, num);
}

int SSL_accept(SSL* ssl) {
  static auto* const next = real<int(SSL*)>("SSL_accept");
  ERR_clear_error();
  return next(ssl);
}

int SSL_connect(SSL* ssl) {
  static auto* const next = real<int(SSL*)>("SSL_connect");
  ERR_clear_error();
  return next(ssl);
}

#pragma GCC visibility pop

} // extern "C"

namespace callboard {

result<done> guard_openssl_error_queue() {
  const auto is_ours = [](const char* name, auto* function) {
    return ::dlsym(RTLD_DEFAULT, name) == reinterpret_cast<void*>(function);
  };
  if (is_ours("SSL_read", &::SSL_read) && is_ours("SSL_write", &::SSL_write) && is_ours("SSL_accept", &::SSL_accept) &&
      is_ours("SSL_connect", &::SSL_connect))
    return done{};
  return error{ec::internal_error, "this program does not export its SSL_read, SSL_write, SSL_accept and SSL_connect"};
}

} // namespace callboard
