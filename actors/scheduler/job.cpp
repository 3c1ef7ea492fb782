#include "actors/scheduler/job.hpp"

#include "core/job/job_reaction.hpp"
#include "messages/type_ids.hpp"
#include "storage/record_codec.hpp"

namespace callboard {

namespace {

using self_pointer = job_pointer;

void on_command(self_pointer self, job_command& c) {
  auto& rec = *self->state.rec;
  const auto& ctx = *self->state.context;
  auto r = react(rec, c, ctx.limits);
  if (r.order)
    return self->send(ctx.manager, job_placed{c.token, std::move(r.order), std::move(r.results_of),
                                              std::move(r.fan_out_job), r.note.preemptible_after});
  if (!r.version)
    return self->send(ctx.manager, std::move(r.note));
  r.version->record = encode_record(r.written ? *r.written : rec);
  if (c.group != 0)
    return self->send(ctx.manager, group_part{c.group, std::move(*r.version), std::move(r.note)});
  self->send(ctx.keeper, part_of(std::move(r), ctx.boot));
}

} // namespace

job_actor::behavior_type job(self_pointer self, std::shared_ptr<const job_context> context,
                             std::shared_ptr<job_record> rec) {
  self->state.context = std::move(context);
  self->state.rec = std::move(rec);
  return {
    [self](job_command& c) {
      // Nobody monitors jobs, there are too many: this is the one way in which they end, except for being dropped.
      try {
        on_command(self, c);
      } catch (const std::exception& bug) {
        self->send(self->state.context->manager, job_crashed{self->state.rec->id, bug.what()});
        self->quit(caf::exit_reason::unhandled_exception);
      }
    },
    [self](job_progress& p) { take_progress(*self->state.rec, std::move(p), self->state.context->limits); },
    [self](get_call& call) { call.reply.deliver(std::make_shared<const job_record>(*self->state.rec)); },
  };
}

} // namespace callboard
