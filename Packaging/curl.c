// libcurl as a release uses it: looked for when a served model is opened, so that the program starts without it.
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>

// Only the disguises of macros that check types are in the way.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

static void *library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
#ifdef __APPLE__
  static const char *const names[] = {"libcurl.4.dylib", "libcurl.dylib"};
#else
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
#endif
  for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) library = dlopen(names[i], RTLD_NOW);
}

static void *symbol(const char *name) {
  pthread_once(&once, open_library);
  return library ? dlsym(library, name) : NULL;
}

#define REAL(name) ((__typeof__(&name))symbol(#name))

CURLcode curl_global_init(long flags) {
  __typeof__(&curl_global_init) real = REAL(curl_global_init);
  return real ? real(flags) : CURLE_FAILED_INIT;
}

CURL *curl_easy_init(void) {
  __typeof__(&curl_easy_init) real = REAL(curl_easy_init);
  return real ? real() : NULL;
}

// Every option's value is a long, a pointer or a curl_off_t, which are passed alike on 64-bit machines.
CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...) {
  va_list arguments;
  va_start(arguments, option);
  void *value = va_arg(arguments, void *);
  va_end(arguments);
  CURLcode (*real)(CURL *, CURLoption, ...) = (CURLcode(*)(CURL *, CURLoption, ...))symbol("curl_easy_setopt");
  return real ? real(curl, option, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...) {
  va_list arguments;
  va_start(arguments, info);
  void *value = va_arg(arguments, void *);
  va_end(arguments);
  CURLcode (*real)(CURL *, CURLINFO, ...) = (CURLcode(*)(CURL *, CURLINFO, ...))symbol("curl_easy_getinfo");
  return real ? real(curl, info, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_perform(CURL *curl) {
  __typeof__(&curl_easy_perform) real = REAL(curl_easy_perform);
  return real ? real(curl) : CURLE_FAILED_INIT;
}

void curl_easy_cleanup(CURL *curl) {
  __typeof__(&curl_easy_cleanup) real = REAL(curl_easy_cleanup);
  if (real) real(curl);
}

const char *curl_easy_strerror(CURLcode code) {
  __typeof__(&curl_easy_strerror) real = REAL(curl_easy_strerror);
  return real ? real(code) : "libcurl is not installed (libcurl.so.4; Debian's package libcurl4)";
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
  __typeof__(&curl_slist_append) real = REAL(curl_slist_append);
  return real ? real(list, text) : NULL;
}

void curl_slist_free_all(struct curl_slist *list) {
  __typeof__(&curl_slist_free_all) real = REAL(curl_slist_free_all);
  if (real) real(list);
}
