#pragma once

#include "http/body_source.hpp"

#include <functional>
#include <memory>
#include <string>

namespace callboard {

/// A body without an end on its way through a connection: parts of it, framed as HTTP wants them (chunks, RFC
/// 9112, 7.1). On the lane's thread.
class body_stream {
public:
  /// @param plain  without chunks: the body ends with its connection (HTTP/1.0).
  /// @param wake   as in body_source::on_ready, but may be called more than once.
  body_stream(std::shared_ptr<body_source> source, bool plain, std::function<void()> wake)
    : source_(std::move(source)), wake_(std::move(wake)), plain_(plain) {
  }

  /// Appends what is to be sent next, if there is something. False: it was the last of it.
  bool append_to(std::string& out);
  /// The next part says that the connection lives, if there is nothing else to say.
  void fill_silence() {
    silence_ = true;
  }
  duration filler_after() const {
    return source_->filler_after();
  }
  /// No more of it is wanted.
  void end() {
    over_ = true;
  }

private:
  std::shared_ptr<body_source> source_;
  std::function<void()> wake_;
  bool plain_;
  bool silence_ = false;
  bool over_ = false;
};

} // namespace callboard
