/*
 * Chains of calls of known depth. At the end of each, here() prints what backtrace(3) finds: the unwinder
 * of the C library, which has nothing in common with the one under test.
 */
#include "chains.h"
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 400 };

__attribute__((noinline)) void here(const char *name) {
  static void *addresses[MOST];
  int count = backtrace(addresses, MOST);
  printf("%s", name);
  for (int i = 0; i < count; i++) printf(" %p", addresses[i]);
  printf("\n");
  fflush(stdout);
}

static const char *present;
__attribute__((noinline)) static void arrive(long unused) {
  here(present);
  asm volatile("" ::"r"(unused));
}

__attribute__((noinline)) static long descend(long depth, function last) {
  volatile long room[5] = {depth};
  if (depth == 0) last(0);
  else room[1] = descend(depth - 1, last);
  return room[0] + room[1];
}

static function compared;
static int calls;
static int compare(const void *a, const void *b) {
  if (calls++ == 3) compared(0);
  return *(const int *)a - *(const int *)b;
}
__attribute__((noinline)) static void sort(function callee) {
  int numbers[] = {5, 3, 9, 1, 7, 2, 8};
  compared = callee;
  calls = 0;
  qsort(numbers, 7, sizeof *numbers, compare);
}

static void on_signal(int number) {
  arrive(number);
  asm volatile("");
}
__attribute__((noinline)) static void faulty(void) {
  /* The signal strikes at an instruction of this function, not behind a call. */
  asm volatile("ud2");
  asm volatile("");
}
static void on_fault(int number, siginfo_t *info, void *context) {
  arrive(number);
  /* Beyond ud2. */
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
  (void)info;
}

static void *thread(void *argument) {
  descend(4, arrive);
  return argument;
}

__attribute__((noinline)) static void run(const char *name) {
  present = name;
  if (strcmp(name, "recursion") == 0) descend(20, arrive);
  if (strcmp(name, "deep") == 0) descend(300, arrive);
  if (strcmp(name, "qsort") == 0) sort(arrive);
  if (strcmp(name, "library") == 0) through_library(arrive, 3);
  if (strcmp(name, "aligned") == 0) aligned(arrive, 77);
  if (strcmp(name, "signal") == 0) raise(SIGUSR1);
  if (strcmp(name, "fault") == 0) faulty();
  if (strcmp(name, "thread") == 0) {
    pthread_t id;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
  }
  asm volatile("");
}

/** Each line of standard input is the name of a chain. */
int main(void) {
  void *first[1];
  backtrace(first, 1); /* loads what backtrace needs */
  signal(SIGUSR1, on_signal);
  struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGILL, &fault, NULL);
  char name[64];
  while (scanf("%63s", name) == 1) run(name);
  return 0;
}
