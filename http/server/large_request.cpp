#include "http/server/large_request.hpp"

#include <memory>
#include <utility>

namespace callboard {

void run_large(server_state& state, router::match match, http_request request, body_share share, responder answer) {
  struct large_request {
    router::match match;
    http_request request;
    body_share share;
  };
  auto work = std::make_shared<large_request>(large_request{std::move(match), std::move(request), std::move(share)});
  const responder to{[side = state.large, work, answer = std::move(answer)](responder::maker make) {
    side->post([work, answer, make = std::move(make)] {
      auto r = made(make);
      work->share = {}; // before the client knows: it may send the next one at once
      answer([r = std::move(r)] { return r; });
    });
  }};
  state.large->post([work, to, &routes = state.routes] {
    auto r = routes.run(work->match, work->request, to);
    work->request.body = {};
    if (r)
      to([r = std::move(*r)] { return r; });
  });
}

} // namespace callboard
