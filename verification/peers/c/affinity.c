/* What a C program pays to ask which CPU it is on and to pin itself: the floor under Heddle's calls.
 * Prints a JSON array in the form of JMH's results. One process is one fork.
 *
 *   cc -O2 -o affinity affinity.c && ./affinity -group affinity [-quick]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fail(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

/* Nanoseconds for each call. The results are used, so that no call can be left out. */
static double get_cpu(double seconds) {
  const int batch = 100000;
  long calls = 0;
  unsigned long sum = 0;
  double start = now(), took;
  do {
    for (int i = 0; i < batch; i++) sum += sched_getcpu();
    calls += batch;
  } while ((took = now() - start) < seconds);
  if (sum == (unsigned long)-1) puts("");
  return took * 1e9 / calls;
}

static double set_affinity(double seconds, const cpu_set_t *set) {
  const int batch = 1000;
  long calls = 0;
  double start = now(), took;
  do {
    for (int i = 0; i < batch; i++) {
      int error = pthread_setaffinity_np(pthread_self(), sizeof *set, set);
      if (error) fail("pthread_setaffinity_np", error);
    }
    calls += batch;
  } while ((took = now() - start) < seconds);
  return took * 1e9 / calls;
}

static void print(const char *name, double nanos, const char *end) {
  printf(" {\"benchmark\": \"dev.heddle.benchmarks.%s\", \"mode\": \"avgt\", \"params\": {},"
         " \"primaryMetric\": {\"score\": %.4f, \"scoreUnit\": \"ns/op\"}, \"secondaryMetrics\": {}}%s\n",
         name, nanos, end);
}

int main(int argc, char **argv) {
  int quick = argc == 4 && !strcmp(argv[3], "-quick");
  if (argc != 3 + quick || strcmp(argv[1], "-group") || strcmp(argv[2], "affinity")) {
    fputs("usage: affinity -group affinity [-quick]\n", stderr);
    return 2;
  }
  double seconds = quick ? 0.1 : 2;
  cpu_set_t all, last;
  if (sched_getaffinity(0, sizeof all, &all)) {
    perror("sched_getaffinity");
    return 1;
  }
  CPU_ZERO(&last);
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
    if (CPU_ISSET(cpu, &all)) {
      CPU_SET(cpu, &last);
      break;
    }
  set_affinity(seconds / 4, &last);
  get_cpu(seconds / 4);
  puts("[");
  print("CurrentCpu.c", get_cpu(seconds), ",");
  print("SetAffinity.c", set_affinity(seconds, &last), "");
  puts("]");
  return 0;
}
