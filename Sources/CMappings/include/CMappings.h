#pragma once

#include <stddef.h>

// A file that is cut short while it is mapped faults where it is read. Mappings are listed here with their paths, so
// that a program can end with an error that names the file. Signal handlers may take no lock: the list is lock-free.

#ifdef __cplusplus
extern "C" {
#endif

/// Lists a mapping; the place to give back to `cm_remove`, or -1 when all places are taken (it is then not named).
/// `path` must stay until the mapping is removed.
int cm_add(const void *start, size_t size, const char *path);

/// Takes a mapping off the list, before it is unmapped.
void cm_remove(int place);

/// From now on a fault in a listed mapping prints a line and ends the process with `status`; every other fault does
/// what it did before.
void cm_exit_on_faults(int status);

/// From now on threads allocate from `count` heaps, where each would set 64 MiB of addresses aside for one of its own.
void cm_share_heaps(int count);

/// Gives the memory that was freed, and that the heaps keep for later, back to the system.
void cm_give_back(void);

#ifdef __cplusplus
}
#endif
