#pragma once

#include "core/base/error.hpp"
#include "messages/system_config.hpp"

#include <string>

namespace callboard {

/// The files of a TLS directory: ca.pem, node.pem, node.key.
tls_files tls_files_in(const std::string& directory);

/// Makes what is missing of a private authority and a node certificate signed by it; see cluster_authority.hpp for the
/// files. An existing authority is kept. Errors: internal_error with the file and the reason.
result<done> ensure_cluster_tls(const std::string& directory);

/// All three files exist and can be read. Error: invalid_value naming the file.
result<done> check_tls_files(const tls_files& files);

/// What a scheduler speaks TLS with. Makes what is missing when `create` is set or ca.key lies there. With a crl.pem,
/// every connection that begins from now on is checked against it, as it is on disk at that moment: revoking needs no
/// restart. That holds for all TLS servers in this process that ask for certificates. Before the actor system starts.
/// Errors: invalid_value naming the file, internal_error with the file and the reason.
result<tls_files> open_scheduler_tls(const std::string& directory, bool create);

/// What a worker speaks TLS with, from the one file that `cert issue` wrote; it is read in place for every connection,
/// so that a file moved over it takes effect at the next one. Error: invalid_value with the file and what is wrong with
/// it.
result<tls_files> open_bundle(const std::string& path);

/// To whom a bundle was issued: what a worker is called unless its command line says otherwise. Error: invalid_value.
result<std::string> name_of_bundle(const std::string& path);

} // namespace callboard
