#pragma once

#include <caf/abstract_actor.hpp>
#include <pthread.h>

namespace callboard {

/// Names the calling thread, as people see it in `top -H` and the benchmarks do. @param name  at most 15 characters.
inline void name_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
}

/// Names the thread of an actor that has one of its own. Call from the function of the actor.
template <class Pointer>
void name_own_thread(Pointer self, const char* name) {
  if (self->getf(caf::abstract_actor::is_detached_flag))
    name_thread(name);
}

} // namespace callboard
