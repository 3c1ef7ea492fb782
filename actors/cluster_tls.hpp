#pragma once

#include "core/error.hpp"
#include "messages/system_config.hpp"

#include <string>

namespace callboard {

/// The files of a TLS directory: ca.pem, node.pem, node.key.
tls_files tls_files_in(const std::string& directory);

/// Makes what is missing of a private authority and a node certificate signed by it: ca.key, ca.pem, node.key,
/// node.pem (EC P-256, ten years), directory mode 0700, files 0600. An existing authority is kept.
/// Errors: internal_error with the file and the reason.
result<done> ensure_cluster_tls(const std::string& directory);

/// All three files exist and can be read. Error: invalid_value naming the file.
result<done> check_tls_files(const tls_files& files);

} // namespace callboard
