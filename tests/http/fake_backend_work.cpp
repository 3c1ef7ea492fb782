#include "tests/http/fake_backend.hpp"

// What workers over HTTP are answered.

namespace callboard::test {

void fake_backend::sign_up(sign_up_request r, reply<work_session> done) {
  {
    const std::lock_guard lock{mutex_};
    last_sign_up = std::move(r);
  }
  answer(std::move(done), joined);
}

void fake_backend::claim(claim_request r, reply<claim_answer> done) {
  {
    const std::lock_guard lock{mutex_};
    last_claim = std::move(r);
  }
  answer(std::move(done), claimed);
}

void fake_backend::renew(session_request r, reply<work_news> done) {
  {
    const std::lock_guard lock{mutex_};
    last_session = std::move(r.session);
  }
  answer(std::move(done), news);
}

void fake_backend::end_attempt(outcome_request r, reply<callboard::done> done) {
  {
    const std::lock_guard lock{mutex_};
    last_outcome = std::move(r);
  }
  answer(std::move(done), callboard::done{});
}

void fake_backend::note_progress(progress_request r, reply<work_news> done) {
  {
    const std::lock_guard lock{mutex_};
    last_progress = std::move(r);
  }
  answer(std::move(done), news);
}

void fake_backend::leave(session_request r, reply<callboard::done> done) {
  {
    const std::lock_guard lock{mutex_};
    last_session = std::move(r.session);
  }
  answer(std::move(done), callboard::done{});
}

} // namespace callboard::test
