#pragma once

#include "core/scheduler/scheduler_state.hpp"

#include <string_view>

namespace callboard {

/// Adds what a job's note says to the events of this turn. Called once for each note that is true, before the index
/// follows it: the names of the job's queue and type are told by the index as it was. A birth in a terminal state is
/// two events, as is an attempt of which only the end was heard; a note that has changed nothing is none.
/// @param w  whose attempt the note is about; none: told by the ledger
void tell_job(scheduler_state& s, const job_note& n, purpose why, worker_id w, const moment& now);
/// How far an attempt is, as it says.
void tell_progress(scheduler_state& s, const attempt_slot& a, const attempt_progress& p, const moment& now);
/// An attempt has written lines of its log. What they say is for whoever may read the job.
void tell_logged(scheduler_state& s, const attempt_slot& a, const moment& now);
void tell_worker(scheduler_state& s, event_kind kind, std::shared_ptr<const std::string> name, std::string_view reason,
                 const moment& now);
/// @param before  whether it was paused
void tell_limit(scheduler_state& s, const limit_target& t, bool before, bool after, const moment& now);
/// Of a schedule or a template. @param job  of a fire time
void tell_named(scheduler_state& s, event_kind kind, std::string_view name, std::string_view reason, const moment& now,
                job_id job = {});
/// Of the scheduler itself.
void tell_scheduler(scheduler_state& s, event_kind kind, const moment& now);

} // namespace callboard
