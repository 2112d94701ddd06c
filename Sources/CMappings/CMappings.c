#define _GNU_SOURCE
#include "CMappings.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { places = 256 };

typedef struct {
  // Not null: taken. The others are written before `start` is, and read after it.
  _Atomic(const char *) owner;
  _Atomic(uintptr_t) start;
  _Atomic(size_t) size;
} mapping;

static mapping mappings[places];
static int exit_status;

int cm_add(const void *start, size_t size, const char *path) {
  for (int i = 0; i < places; i++) {
    const char *none = NULL;
    if (atomic_compare_exchange_strong(&mappings[i].owner, &none, path)) {
      atomic_store(&mappings[i].size, size);
      atomic_store(&mappings[i].start, (uintptr_t)start);
      return i;
    }
  }
  return -1;
}

void cm_remove(int place) {
  if (place < 0 || place >= places) return;
  atomic_store(&mappings[place].start, 0);
  atomic_store(&mappings[place].owner, NULL);
}

static void say(const char *text) {
  size_t length = strlen(text);
  while (length > 0) {
    ssize_t written = write(STDERR_FILENO, text, length);
    if (written <= 0) return;
    text += written;
    length -= (size_t)written;
  }
}

static void handle(int number, siginfo_t *information, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)information->si_addr;
  for (int i = 0; i < places; i++) {
    uintptr_t start = atomic_load(&mappings[i].start);
    const char *path = atomic_load(&mappings[i].owner);
    if (start == 0 || path == NULL || address < start || address - start >= atomic_load(&mappings[i].size)) continue;
    say("ndc: ");
    say(path);
    say(": was cut short, or could not be read, while it was in use\n");
    _exit(exit_status);
  }
  // Not ours: the fault happens again as soon as this returns, and then has its usual effect.
  signal(number, SIG_DFL);
}

void cm_exit_on_faults(int status) {
  exit_status = status;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}

void cm_share_heaps(int count) {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, count);
#else
  (void)count;
#endif
}

void cm_give_back(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
