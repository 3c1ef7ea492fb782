#pragma once

#include "cli/client.hpp"
#include "cli/top/top_model.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace callboard {

/// Something to tell the model.
using top_news = std::function<void(top_model&)>;

/// Asks the scheduler for what `top` shows: one look after the other, whenever an event says that something has
/// changed, at most twice a second, and every two seconds in any case. What it finds waits in a list for the thread
/// that draws. One thread asks, a second one listens to the events.
class top_source {
public:
  /// @param notify  called by its threads when there is news
  top_source(program_context& context, const client_flags& flags, std::function<void()> notify);
  /// Ends what is under way.
  ~top_source();
  top_source(const top_source&) = delete;
  top_source& operator=(const top_source&) = delete;

  /// What is there now, oldest first.
  std::vector<top_news> take();
  /// To be done before the next look.
  void act(const top_act& wanted);
  /// Which jobs to list from now on.
  void list(job_view view);

private:
  void ask();
  void listen();
  void tell(top_news news);

  program_context& context_;
  std::function<void()> notify_;
  scheduler_client events_;
  scheduler_client client_;
  rest_client health_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false, changed_ = true;
  job_view view_ = job_view::running;
  std::vector<top_act> acts_;
  std::vector<top_news> news_;
  std::thread asking_, listening_;
};

/// One look: asks for all that is shown, and answers what to tell the model. Also without a scheduler.
std::vector<top_news> look_at_server(scheduler_client& client, rest_client& health, job_view view,
                                     const program_context& context);
/// Does it, or fetches what is to be shown, and answers what to tell the model.
top_news perform_act(scheduler_client& client, const top_act& act, const program_context& context);

} // namespace callboard
