#pragma once

#include "tests/sim/checkers.hpp"

namespace callboard::sim {

// Jobs that are unique: what clients ask for, and what is true of them.

/// Of any scope and conflict that a client may ask for.
unique_rule draw_unique(world& w, const std::string& queue);

/// Of the jobs that are unique while they run one runs at a time, by what really ran. An attempt of a former scheduler
/// of which the one that gave the turn away did not know is none: its job is over.
void check_turns(const history& h);
/// A job that was replaced by its unique key has not been given to a worker by the scheduler that replaced it: of a
/// chain of jobs that are put off the last one runs.
void check_replaced_never_ran(const history& h, const final_record& record);
/// A job that was just written and is put off has its time, counted from it and from the first of its chain.
/// @param replaced  the job that it replaces; null: none.
void check_put_off(job_id fresh, const stored_facts& f, const stored_facts* replaced);

} // namespace callboard::sim
