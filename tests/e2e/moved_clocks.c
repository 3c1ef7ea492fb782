/* Preloaded by a test: adds the seconds in the file MOVED_REALTIME to the wall clock (somebody set it), and those in
   MOVED_BOOTTIME to CLOCK_BOOTTIME (the machine was suspended: CLOCK_MONOTONIC stood still meanwhile). Allocates nothing,
   because allocators ask for the time while they begin; libfaketime does not go with jemalloc for that reason. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long seconds_in(const char* variable) {
  char text[32] = {0};
  const char* name = getenv(variable);
  const int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0)
    return 0;
  if (read(file, text, sizeof text - 1) < 0)
    text[0] = 0;
  close(file);
  return atol(text);
}

int clock_gettime(clockid_t id, struct timespec* t) {
  const int result = (int)syscall(SYS_clock_gettime, id, t);
  if (result == 0 && id == CLOCK_REALTIME)
    t->tv_sec += seconds_in("MOVED_REALTIME");
  if (result == 0 && id == CLOCK_BOOTTIME)
    t->tv_sec += seconds_in("MOVED_BOOTTIME");
  return result;
}
