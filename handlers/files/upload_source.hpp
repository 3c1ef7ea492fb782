#pragma once

#include "handlers/curl_transfer.hpp"
#include "handlers/failure.hpp"
#include "handlers/files/file_access.hpp"

#include <optional>
#include <string>

namespace callboard {

/// The file of an upload: its bytes for curl, hashed as they pass.
///
/// The length is fixed when the file is opened; one that shrinks meanwhile ends the transfer, what is appended is not
/// sent.
class upload_source {
public:
  explicit upload_source(readable_file file);

  uint64_t bytes() const {
    return file_.bytes;
  }
  /// Of the bytes that were read since the start; hexadecimal. Once.
  std::string sha256_text();
  /// Back to the first byte; the hash starts anew.
  void rewind();
  /// The next bytes; empty at the end.
  std::string_view next();
  /// Makes the transfer an upload of this file. This object outlives it.
  void attach(curl_transfer& t);
  /// Throws what went wrong while curl was reading, if anything did.
  void rethrow() const;

private:
  static size_t on_read(char* to, size_t size, size_t n, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  readable_file file_;
  sha256 hash_;
  uint64_t position_ = 0;
  std::vector<char> buffer_;
  std::string_view unsent_;
  std::optional<handler_failure> failure_;
};

} // namespace callboard
