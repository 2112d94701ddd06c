#include <curl/curl.h>

// libcurl's setters take variable arguments, which Swift cannot call.
typedef size_t (*ndc_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ndc_curl_progress)(
    void *context, curl_off_t expected, curl_off_t received, curl_off_t to_send, curl_off_t sent);

static inline CURLcode ndc_curl_set_long(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ndc_curl_set_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ndc_curl_set_pointer(CURL *curl, CURLoption option, const void *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ndc_curl_set_size(CURL *curl, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ndc_curl_set_headers(CURL *curl, struct curl_slist *value) {
  return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, value);
}
static inline CURLcode ndc_curl_set_data(CURL *curl, CURLoption option, ndc_curl_data value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ndc_curl_set_progress(CURL *curl, ndc_curl_progress value) {
  return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode ndc_curl_get_long(CURL *curl, CURLINFO info, long *value) {
  return curl_easy_getinfo(curl, info, value);
}

static inline CURLcode ndc_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode ndc_curl_set_protocols(CURL *curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
