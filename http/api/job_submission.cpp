#include "http/api/job_submission.hpp"

#include "http/api/answer.hpp"
#include "http/json/job_text.hpp"

#include <utility>

namespace callboard {

void submit_job(const api& a, job_spec&& spec, const responder& to) {
  auto from = spec.from_template;
  submit_request r;
  r.jobs.push_back(std::move(spec));
  a.back.submit(std::move(r), reply_to<std::vector<result<submit_answer>>>(to, [from = std::move(from)](auto& answers) {
                  if (answers.size() != 1)
                    return failed({ec::internal_error, "the scheduler gave no answer for the job"});
                  if (!answers.front())
                    return failed(std::move(answers.front()).err());
                  return json_answer(answers.front()->duplicate ? 200 : 201, [&](json_writer& w) {
                    write_submit_answer(w, *answers.front(), from ? &*from : nullptr);
                  });
                }));
}

} // namespace callboard
