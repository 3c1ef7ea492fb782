#include "http/api/bulk.hpp"

#include "http/json/job_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

namespace callboard {

namespace {

using steady = std::chrono::steady_clock;

/// The reason that a discarded job shows when the client gave none.
constexpr std::string_view discard_reason = "discarded";

/// An error of the scheduler, not of a job: the next job would have it too.
bool is_of_scheduler(ec code) {
  return code == ec::overloaded || code == ec::starting || code == ec::shutting_down ||
         code == ec::storage_unavailable || code == ec::internal_timeout;
}

/// A cursor whose page begins with this job.
job_id cursor_at(job_id first) {
  return job_id{first.value + 1};
}

class bulk_slice : public std::enable_shared_from_this<bulk_slice> {
public:
  bulk_slice(const api& a, bulk_seat seat, bulk_request r, std::function<void(result<bulk_outcome>)> done)
    : back_(a.back), seat_(std::move(seat)), request_(std::move(r)), page_max_(request_.jobs.limit),
      until_(bulk_end(a)), done_(std::move(done)) {
    out_.action = request_.action;
    if (request_.action == bulk_action::discard && request_.reason.empty())
      request_.reason = discard_reason;
  }

  /// Starts what may start. One thread at a time does; another's answer is seen by whoever is at it, so a backend that
  /// answers within the call does not make the stack grow.
  void go() {
    std::unique_lock lock{mutex_};
    if (going_)
      return;
    going_ = true;
    while (true) {
      if (may_act()) {
        const auto id = page_[at_++];
        ++taken_;
        ++outstanding_;
        lock.unlock();
        act(id);
        lock.lock();
      } else if (outstanding_ > 0 || listing_) {
        break;
      } else if (may_list()) {
        listing_ = true;
        auto query = request_.jobs;
        query.limit = std::min(page_max_, request_.limit - taken_);
        lock.unlock();
        back_.list(std::move(query),
                   [self = shared_from_this()](result<job_list> page) { self->on_page(std::move(page)); });
        lock.lock();
      } else {
        lock.unlock(); // nothing is under way, so nobody else comes
        return finish();
      }
    }
    going_ = false;
  }

private:
  bool time_is_up() const {
    return steady::now() >= until_;
  }
  bool may_act() const {
    return at_ < page_.size() && !out_.stopped && outstanding_ < http_limits::bulk_outstanding_max &&
           (taken_ == 0 || !time_is_up());
  }
  /// The next page is asked for when the jobs of the former one are done, so that no status gets old.
  bool may_list() const {
    return at_ == page_.size() && more_ && !out_.stopped && taken_ < request_.limit && (!listed_ || !time_is_up());
  }

  void act(job_id id) {
    auto done = [self = shared_from_this(), id](result<job_ptr> r) { self->on_job(id, std::move(r)); };
    switch (request_.action) {
    case bulk_action::retry:
      return back_.retry(id, std::move(done));
    case bulk_action::change:
    case bulk_action::hold:
    case bulk_action::release:
      return back_.modify(id, request_.change, std::move(done));
    case bulk_action::cancel:
    case bulk_action::discard: // a failed job that is cancelled
      return back_.cancel(id, request_.reason, std::move(done));
    }
  }

  void on_page(result<job_list> page) {
    {
      const std::lock_guard lock{mutex_};
      listing_ = false;
      listed_ = true;
      page_.clear();
      at_ = 0;
      if (page) {
        for (const auto& j : page->jobs)
          page_.push_back(j->id);
        request_.jobs.below = page->next;
        more_ = page->next.has_value();
      } else {
        out_.stopped = std::move(page).err();
      }
    }
    go();
  }

  void on_job(job_id id, result<job_ptr> r) {
    {
      const std::lock_guard lock{mutex_};
      --outstanding_;
      if (r) {
        ++out_.changed;
      } else if (is_of_scheduler(r.err().code)) {
        undone_ = std::max(undone_, id);
        if (!out_.stopped)
          out_.stopped = std::move(r).err();
      } else {
        ++out_.refused_count;
        if (out_.refused.size() < http_limits::bulk_refused_shown_max)
          out_.refused.emplace_back(id, std::move(r).err());
      }
    }
    go();
  }

  void finish() {
    out_.matched = out_.changed + out_.refused_count;
    if (out_.stopped && out_.matched == 0)
      return done_(std::move(*out_.stopped));
    if (undone_)
      out_.next = cursor_at(undone_);
    else if (at_ < page_.size())
      out_.next = cursor_at(page_[at_]);
    else
      out_.next = request_.jobs.below;
    done_(std::move(out_));
  }

  backend& back_;
  bulk_seat seat_;
  bulk_request request_;
  const uint32_t page_max_;
  const steady::time_point until_;
  std::function<void(result<bulk_outcome>)> done_;

  std::mutex mutex_;
  bool going_ = false, listing_ = false, listed_ = false;
  bool more_ = true;         // there may be a page below
  std::vector<job_id> page_; // newest first
  size_t at_ = 0;            // the next of them
  uint32_t taken_ = 0;       // of the limit
  uint32_t outstanding_ = 0;
  job_id undone_; // the newest job that the scheduler could not do
  bulk_outcome out_;
};

} // namespace

void run_bulk(const api& a, bulk_seat seat, bulk_request r, std::function<void(result<bulk_outcome>)> done) {
  if (!r.dry_run)
    return std::make_shared<bulk_slice>(a, std::move(seat), std::move(r), std::move(done))->go();
  const auto nothing = [](const job_record&) {};
  const auto counted = [action = r.action, done = std::move(done)](result<walk_end> end) {
    if (!end)
      return done(std::move(end).err());
    bulk_outcome out;
    out.action = action;
    out.dry_run = true;
    out.matched = end->looked_at;
    out.next = end->next;
    done(std::move(out));
  };
  walk_jobs(a, std::move(seat), std::move(r.jobs), r.limit, nothing, counted);
}

void write_bulk(json_writer& w, const bulk_outcome& o) {
  w.open('{').key("action").text(to_string(o.action)).key("dryRun").boolean(o.dry_run);
  w.key("matched").number(o.matched).key("changed").number(o.changed);
  w.key("refusedCount").number(o.refused_count).key("refused").open('[');
  for (const auto& [id, why] : o.refused) {
    w.open('{').key("jobID").text(to_string(id)).key("error").open('{');
    write_error(w, why);
    w.close('}').close('}');
  }
  w.close(']');
  if (o.next)
    w.key("next").text(to_string(*o.next));
  if (o.stopped) {
    w.key("stopped").open('{');
    write_error(w, *o.stopped);
    w.close('}');
  }
  w.close('}');
}

} // namespace callboard
