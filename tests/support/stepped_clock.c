// Preloaded into a process under test, which moves its own time through ctypes. `stepped_clock_wall_s` is added to the
// wall clock only, as if somebody sets the machine's time; `stepped_clock_passed_s` to both, as if time goes by.
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

long long stepped_clock_wall_s = 0;
long long stepped_clock_passed_s = 0;

int clock_gettime(clockid_t id, struct timespec* time) {
  const int result = (int)syscall(SYS_clock_gettime, id, time);
  if (result != 0) return result;
  if (id == CLOCK_REALTIME) time->tv_sec += stepped_clock_wall_s + stepped_clock_passed_s;
  if (id == CLOCK_MONOTONIC) time->tv_sec += stepped_clock_passed_s;
  return 0;
}
