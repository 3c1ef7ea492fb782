#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// A fleet's authority is a directory (mode 0700, files 0600):
///
///     ca.key ca.pem       the authority; only `cert` and the first start of a scheduler read the key
///     node.key node.pem   of the scheduler and its local workers
///     issued.json         what was issued, for people
///     crl.pem             what was revoked, signed by the authority: the truth about it
///     trust.pem           ca.pem and crl.pem in one file, which the scheduler reads for every connection
///
/// All functions below may be called by several processes at the same time. Errors of all: internal_error with the file
/// and the reason; not_found when the directory has no authority.
namespace authority_file {
inline constexpr const char* ca_key = "ca.key";
inline constexpr const char* ca = "ca.pem";
inline constexpr const char* node_key = "node.key";
inline constexpr const char* node = "node.pem";
inline constexpr const char* issued = "issued.json";
inline constexpr const char* crl = "crl.pem";
inline constexpr const char* trust = "trust.pem";
} // namespace authority_file

/// The common name of the certificate that the scheduler and its local workers share; no worker can have it.
inline constexpr const char* scheduler_certificate_name = "scheduler";
/// How long a worker's certificate is good unless somebody says otherwise.
inline constexpr std::chrono::days certificate_valid_default{825};
/// The authority and the scheduler's own certificate.
inline constexpr std::chrono::days authority_valid{3650};

struct issued_certificate {
  std::string name;
  std::string serial; ///< upper-case hexadecimal digits
  time_point issued;
  time_point expires;
  std::optional<time_point> revoked;
};

/// Makes an authority with everything in its directory. Error also: invalid_state when there is one.
result<done> make_authority(const std::filesystem::path& directory, time_point now);

/// Makes what is missing: the authority, the lists, and the scheduler's certificate, also when that one was revoked or
/// ends within a month. Where ca.pem lies without ca.key nothing is made.
result<done> complete_authority(const std::filesystem::path& directory, time_point now);

/// Issues a certificate to a worker and writes its bundle: certificate, authority, key.
/// Errors also: invalid_value (name, days), invalid_state when `bundle` exists.
result<issued_certificate> issue_bundle(const std::filesystem::path& directory, const std::string& name,
                                        std::chrono::days valid, const std::filesystem::path& bundle, time_point now);

/// Everything that was issued, oldest first.
result<std::vector<issued_certificate>> issued_certificates(const std::filesystem::path& directory);

/// Revokes the certificate with this serial number, or all that were issued to this name and have not run out. Answers
/// those; one that was revoked before keeps its time. A serial number that is not in issued.json is revoked as well.
/// Error also: not_found when nothing of that name was issued.
result<std::vector<issued_certificate>> revoke_certificates(const std::filesystem::path& directory,
                                                            const std::string& name_or_serial, time_point now);

/// Writes trust.pem from ca.pem and crl.pem when it is not what they say. Error also: invalid_value when crl.pem is not
/// signed by the authority or has run out: with such a list no node could join.
result<done> refresh_trust(const std::filesystem::path& directory, time_point now);

} // namespace callboard
