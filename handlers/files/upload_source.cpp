#include "handlers/files/upload_source.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "job_types/text_codec.hpp"

namespace callboard {

upload_source::upload_source(readable_file file) : file_(std::move(file)) {
}

std::string upload_source::sha256_text() {
  return to_hex(hash_.finish());
}

void upload_source::rewind() {
  if (::lseek(file_.fd.get(), 0, SEEK_SET) != 0)
    try_again("FILE_READ_ERROR", file_.path + " cannot be read again from its start");
  hash_ = sha256{};
  position_ = 0;
  unsent_ = {};
}

std::string_view upload_source::next() {
  auto bytes = read_some(file_, buffer_);
  bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), file_.bytes - position_)));
  if (bytes.empty() && position_ < file_.bytes)
    try_again("FILE_CHANGED", file_.path + " became shorter while it was read");
  position_ += bytes.size();
  hash_.add(bytes);
  return bytes;
}

void upload_source::attach(curl_transfer& t) {
  t.set(CURLOPT_UPLOAD, true);
  t.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes()));
  t.set(CURLOPT_READFUNCTION, &upload_source::on_read);
  t.set(CURLOPT_READDATA, this);
  t.set(CURLOPT_SEEKFUNCTION, &upload_source::on_seek);
  t.set(CURLOPT_SEEKDATA, this);
}

void upload_source::rethrow() const {
  if (failure_)
    throw *failure_;
}

size_t upload_source::on_read(char* to, size_t size, size_t n, void* self) {
  auto& s = *static_cast<upload_source*>(self);
  // No exception may pass through curl.
  try {
    if (s.unsent_.empty())
      s.unsent_ = s.next();
  } catch (const handler_failure& f) {
    s.failure_ = f;
    return CURL_READFUNC_ABORT;
  }
  const auto part = s.unsent_.substr(0, size * n);
  std::memcpy(to, part.data(), part.size());
  s.unsent_.remove_prefix(part.size());
  return part.size();
}

int upload_source::on_seek(void* self, curl_off_t offset, int origin) {
  auto& s = *static_cast<upload_source*>(self);
  if (origin != SEEK_SET || offset != 0)
    return CURL_SEEKFUNC_CANTSEEK;
  try {
    s.rewind();
  } catch (const handler_failure& f) {
    s.failure_ = f;
    return CURL_SEEKFUNC_FAIL;
  }
  return CURL_SEEKFUNC_OK;
}

} // namespace callboard
