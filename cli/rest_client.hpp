#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace callboard {

struct rest_answer {
  int status = 0;
  std::string body;
  std::string date = {}; ///< the header of that name, as it came
  std::string next = {}; ///< likewise, Callboard-Next
  bool complete = false; ///< Callboard-Complete is `true`
};

/// Speaks HTTP with a scheduler, over one connection that is kept. Not thread-safe, but for `stop`.
class rest_client {
public:
  /// @param server   `http://host:port`, with or without a path below which the interface lies.
  /// @param timeout  for a whole request with its answer.
  /// @param actor    who acts, for the scheduler's audit log; empty: it is told nothing.
  rest_client(std::string server, duration timeout, std::string actor = {});
  ~rest_client();
  rest_client(const rest_client&) = delete;
  rest_client& operator=(const rest_client&) = delete;

  /// An answer of any status. Error: internal_timeout or request_timeout have no meaning here; every failure to get a
  /// whole answer is bad_request with the reason and the address.
  result<rest_answer> call(std::string_view method, const std::string& target, std::string_view body = {},
                           std::string_view content_type = "application/json");

  /// Asks for a stream of events, whose body has no end. `take` gets it bit by bit, and ends it by returning false. An
  /// answer of another status, or that is no such stream, comes with its body as of `call`. Error: bad_request when
  /// there is no answer, or the connection broke, or nothing came for `silence`.
  /// @param last_id  of the event after which it goes on; empty: from now on
  result<rest_answer> follow(const std::string& target, const std::string& last_id, duration silence,
                             const std::function<bool(std::string_view)>& take);

  /// Any thread: what is under way ends now, without an answer, and so does all that is asked later.
  void stop() noexcept;

  const std::string& server() const noexcept {
    return server_;
  }

private:
  struct easy;
  void prepare(const std::string& url, char* reason);
  /// A CURLcode.
  int perform();
  error no_answer(int code, const char* reason) const;

  std::string server_;
  duration timeout_;
  std::string actor_;
  std::unique_ptr<easy> easy_;
};

/// `text` with everything escaped that has a meaning in a URL.
std::string url_escaped(std::string_view text);

} // namespace callboard
