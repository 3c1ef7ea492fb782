#include "simulate/run_scenario.hpp"

#include "core/base/rfc3339.hpp"

#include <iterator>
#include <utility>

#include "simulate/simulated_client.hpp"
#include "simulate/simulated_fleet.hpp"

namespace callboard::simulate {

namespace {

/// Without a time of its own a run ends when nothing happens any more, or then.
constexpr duration longest_run = std::chrono::hours{24 * 366};
constexpr uint64_t events_max = 20'000'000;

class scripted_world {
public:
  explicit scripted_world(const scenario& plan)
    : plan_(plan), time_(plan.start), story_(time_), names_(plan),
      host_({time_, store_, story_, [this](worker_id w, const node_orders& x) { fleet_.on_orders(w, x); },
             [this] { fleet_.scheduler_is_up(); }, [this](const job_record& rec) { names_.add(rec); }},
            plan.config, plan.commit, plan.seed),
      fleet_(time_, story_, host_, plan), client_(time_, story_, host_, names_, plan) {
  }

  run_report run(std::optional<duration> until) {
    host_.start();
    fleet_.begin();
    for (const auto& step : plan_.steps)
      std::visit([&](const auto& x) { prepare(step, x); }, step.what);
    const auto end = until.value_or(plan_.until.value_or(longest_run));
    try {
      while (time_.run_next(end))
        if (time_.events() == events_max)
          throw std::runtime_error("more than " + std::to_string(events_max) + " events: give it an earlier `until`");
    } catch (const std::exception& e) {
      story_.fault(e.what());
    }
    auto r = report();
    auto unmet = check_expectations(plan_.expected, view(), r.lasted);
    std::move(unmet.begin(), unmet.end(), std::back_inserter(r.unmet));
    return r;
  }

private:
  template <class Step>
  void prepare(const scenario_step& step, const Step& x) {
    time_.at(step.at, [this, &x] { act(x); });
  }
  /// What is expected of a moment is looked at when all else of it has happened.
  void prepare(const scenario_step& step, const expect_step& x) {
    time_.at_end_of(step.at, [this, &x] { look_at(x.what); });
  }

  template <class Step>
  void act(const Step& x) {
    client_.act(x);
  }
  void act(const worker_step& x) {
    fleet_.act(x);
  }
  void act(const clock_set_step& x) {
    const auto* by = std::get_if<duration>(&x.to);
    const auto step = by ? *by : std::get<time_point>(x.to) - time_.wall();
    time_.step_wall(step);
    story_.add("clock", "", "is set to " + to_rfc3339(time_.wall()));
    host_.clock_was_set();
  }
  void act(const store_step& x) {
    store_.set_works(x.works);
    story_.add("store", "", x.works ? "works again" : "fails");
    if (x.works)
      host_.store_was_mended();
  }
  void act(const scheduler_step& x) {
    if (x.stop && host_.up()) {
      host_.kill();
      fleet_.scheduler_is_gone();
    }
    if (x.start)
      host_.start();
  }

  void look_at(const expectation_set& x) {
    auto unmet = check_expectations(x, view(), time_.elapsed());
    for (const auto& u : unmet)
      story_.add("unmet", "", u.path + " should be " + u.expected + ", and is " + u.was);
    unmet_.insert(unmet_.end(), std::make_move_iterator(unmet.begin()), std::make_move_iterator(unmet.end()));
  }

  run_view view() const {
    return {story_, names_, host_, plan_.start};
  }

  run_report report() const {
    run_report r;
    r.trace = story_.trace();
    for (auto& e : r.trace) {
      e.subject = e.job ? names_.name_of(e.job) : names_.with_names(e.subject);
      e.text = names_.with_names(e.text);
    }
    r.unmet = unmet_;
    for (const auto& fault : story_.faults())
      r.faults.push_back(names_.with_names(fault));
    r.jobs = count_standings(story_, names_);
    r.lasted = r.trace.empty() ? duration{0} : r.trace.back().at.elapsed;
    r.events = time_.events();
    return r;
  }

  const scenario& plan_;
  timeline time_;
  simulated_store store_;
  chronicle story_;
  job_names names_;
  scheduler_host host_;
  simulated_fleet fleet_;
  simulated_client client_;
  std::vector<unmet_expectation> unmet_;
};

} // namespace

run_report run_scenario(const scenario& plan, std::optional<duration> until) {
  scripted_world world{plan};
  return world.run(until);
}

} // namespace callboard::simulate
