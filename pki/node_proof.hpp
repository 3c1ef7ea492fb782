#pragma once

#include "core/base/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace callboard {

/// Random bytes that nobody guesses: a challenge, or the secret of a local worker.
inline constexpr size_t secret_bytes = 32;
/// Error: internal_error when OpenSSL has no randomness.
result<std::string> make_secret();

/// How a node shows who it is: its certificate (with those between it and the authority, PEM) and a signature with the
/// certificate's key. A local worker has no certificate of its own; its signature is a seal by a shared secret.
struct signed_text {
  std::string certificates;
  std::string signature;
};

/// Signs a text. Both files are read now, so that what is moved over them takes effect.
/// Errors: invalid_value naming the file that cannot be read; internal_error with OpenSSL's reason.
result<signed_text> sign_text(const std::filesystem::path& certificate, const std::filesystem::path& key,
                              std::string_view text);

/// Whether the holder of this certificate's key has signed the text, and may join as `name`: the certificate is of the
/// authority in `trust`, has not run out, is not on the revocation list in that file, and was issued to that name. The
/// certificate in `own`, the scheduler's, may take any name: who has its key can be the scheduler.
/// Any thread; reads both files. Error: registration_refused with the reason.
result<done> check_signed_text(const std::filesystem::path& trust, const std::filesystem::path& own,
                               std::string_view name, std::string_view text, const signed_text& proof);

/// HMAC-SHA256 of the text.
std::string seal_text(std::string_view secret, std::string_view text);
/// In a time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b);

} // namespace callboard
