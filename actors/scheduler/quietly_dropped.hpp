#pragma once

#include <caf/exit_reason.hpp>
#include <caf/monitorable_actor.hpp>

namespace callboard {

/// The base of actors that are dropped by the thousand: that end because nobody has a handle to them any more.
///
/// CAF 0.17 tells its clock's thread of the end of every actor, so that it forgets their timeouts: a lock and a
/// wake-up each (local_actor::cleanup), which were most of all context switches under load. An actor that is dropped
/// has an empty mailbox and no requests under way, and these set no timeouts either, so there is nothing to be
/// forgotten. An actor of this kind that quits by itself ends the usual way.
template <class Base>
class quietly_dropped : public Base {
public:
  using Base::Base;

  void on_destroy() override {
    if (this->getf(caf::abstract_actor::is_cleaned_up_flag))
      return;
    this->on_exit();
    this->unregister_from_system();
    caf::monitorable_actor::cleanup(caf::exit_reason::unreachable, nullptr);
    caf::monitorable_actor::on_destroy();
  }
};

} // namespace callboard
