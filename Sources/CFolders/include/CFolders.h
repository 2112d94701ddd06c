#pragma once

// What the systems' headers offer only under macros that Swift's importer does not set.

#ifdef __cplusplus
extern "C" {
#endif

/// Exchanges two folders in one step; 0, or -1 with errno set (EINVAL where the file system cannot).
int cf_exchange(const char *first, const char *second);

#ifdef __cplusplus
}
#endif
