#pragma once

#include "core/base/error.hpp"
#include "core/job/views.hpp"
#include "http/json/json_writer.hpp"
#include "http/json/redaction_book.hpp"

namespace callboard {

/// Which of the large or rarely wanted parts of a job are written.
struct job_parts {
  bool payload = true;
  bool result = true;
  bool history = false;
  bool dependencies = true;
  bool checkpoint = true;
};

/// Writes a job as `GET /api/jobs/{id}` shows it. Payload and result are stored as JSON and are spliced in as they are,
/// but for what its type redacts.
void write_job(json_writer& w, const job_record& j, job_parts parts, const redaction_book& hidden);
/// The members that a job shares with the body of its submit, from `payload` on, without the braces around them.
void write_spec(json_writer& w, const job_spec& s, job_parts parts, const redaction_book& hidden);
/// The value of a result, as all may see it; null for none.
void write_result(json_writer& w, std::string_view type, const blob& result, const redaction_book& hidden);
/// The member `error` of a job.
void write_job_error(json_writer& w, const job_error& e);
void write_history(json_writer& w, const std::vector<history_entry>& history);
/// @param from  the template that the job was made from; null: none.
void write_submit_answer(json_writer& w, const submit_answer& a, const template_origin* from = nullptr);
/// The member `template` of a job, or of an answer.
void write_template_origin(json_writer& w, const template_origin& o);
/// Writes why a job waits, as `GET /api/jobs/{id}/explain` shows it.
void write_explanation(json_writer& w, const explanation& x);
/// The members of an error, without the braces around it: of an item of a batch, or of a whole answer.
void write_error(json_writer& w, const error& e);

} // namespace callboard
