#include "chains.h"
#include <string.h>

__attribute__((noinline)) static void inner(function callee, long argument) {
  char room[48];
  asm volatile("" ::"r"(room) : "memory");
  callee(argument);
  asm volatile("" ::"r"(room) : "memory");
}

void through_library(function callee, long argument) {
  inner(callee, argument);
  asm volatile("");
}

void aligned(function callee, long argument) {
  _Alignas(64) volatile char lines[64];
  char unknown[argument + 1];
  memset(unknown, 1, argument + 1);
  asm volatile("" ::"r"(lines), "r"(unknown) : "memory");
  callee(argument);
  lines[argument & 63] = unknown[argument];
}
