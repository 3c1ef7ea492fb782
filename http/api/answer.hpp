#pragma once

#include "http/api/backend.hpp"
#include "http/json/json_writer.hpp"
#include "http/message.hpp"

#include <utility>

namespace callboard {

/// A JSON answer; `write` is given the writer of its body.
template <class F>
http_response json_answer(int status, F&& write) {
  http_response r;
  r.status = status;
  json_writer w{r.body};
  std::forward<F>(write)(w);
  return r;
}

/// A backend's reply that becomes the answer: an error by the table, anything else by `format(T&)`, which runs on the
/// connection's thread.
template <class T, class F>
reply<T> reply_to(const responder& to, F format) {
  return [to, format = std::move(format)](result<T> r) {
    to([r = std::move(r), format]() mutable -> http_response {
      if (!r)
        return failed(std::move(r).err());
      return format(*r);
    });
  };
}

} // namespace callboard
