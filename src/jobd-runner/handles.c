#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"

/* Those that wait for the next request. */
#define SPARE_MAX 64

/* libcurl looks for each request. */
static bool
has_proxy_variable(void)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]) != NULL)
			return true;
	return false;
}

static void
handle_free(struct handle *handle)
{
	curl_easy_cleanup(handle->easy);
	curl_url_cleanup(handle->parsed);
	free(handle->url);
	free(handle);
}

/* What no request changes. */
static void
set_common(struct handle *handle, struct sockets *sockets)
{
	sockets_own(sockets, handle->easy);
	curl_easy_setopt(handle->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(handle->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	if (!has_proxy_variable())
		curl_easy_setopt(handle->easy, CURLOPT_PROXY, "");
}

static struct handle *
handle_new(struct sockets *sockets)
{
	struct handle *handle = calloc(1, sizeof(*handle));

	if (handle == NULL)
		return NULL;
	handle->easy = curl_easy_init();
	handle->parsed = curl_url();
	if (handle->easy == NULL || handle->parsed == NULL) {
		handle_free(handle);
		return NULL;
	}
	set_common(handle, sockets);
	return handle;
}

/* Of a handle with options that others do not have, only its TLS sessions are kept. */
static void
handle_reset(struct handle *handle, struct sockets *sockets)
{
	curl_easy_reset(handle->easy);
	curl_url_set(handle->parsed, CURLUPART_URL, NULL, 0);
	free(handle->url);
	handle->url = NULL;
	handle->special = false;
	set_common(handle, sockets);
}

/* The one that had this URL last, or any. */
static struct handle *
find(const struct handles *handles, const char *url)
{
	struct handle *handle;

	LIST_FOREACH (handle, &handles->spare, entry)
		if (handle->url != NULL && strcmp(handle->url, url) == 0)
			return handle;
	return LIST_FIRST(&handles->spare);
}

/* A URL that libcurl does not understand is for libcurl to say. */
static int
set_url(struct handle *handle, const char *url)
{
	bool good;

	if (handle->url != NULL && strcmp(handle->url, url) == 0)
		return 0;
	free(handle->url);
	handle->url = NULL;
	good = curl_url_set(handle->parsed, CURLUPART_URL, url,
		   CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
	if (curl_easy_setopt(handle->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(handle->easy, CURLOPT_CURLU, good ? handle->parsed : NULL) != CURLE_OK)
		return -1;
	if (good && (handle->url = strdup(url)) == NULL)
		return -1;
	return 0;
}

struct handle *
handles_take(struct handles *handles, const struct conf_http *conf, const char *url)
{
	struct handle *handle = find(handles, url);
	CURL *easy;

	if (handle != NULL) {
		LIST_REMOVE(handle, entry);
		handles->count--;
	} else if ((handle = handle_new(handles->sockets)) == NULL)
		return NULL;
	if (set_url(handle, url) == -1) {
		handle_free(handle);
		return NULL;
	}
	easy = handle->easy;
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)conf->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, conf->tls_verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, conf->tls_verify ? 2L : 0L);
	/* A password in a URL is not kept either. */
	handle->special = conf->ca_file[0] != '\0' || conf->proxy[0] != '\0' ||
			  handle->url == NULL || strchr(url, '@') != NULL;
	if (conf->ca_file[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, conf->ca_file);
	if (conf->proxy[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_PROXY, conf->proxy);
	return handle;
}

void
handles_give(struct handles *handles, struct handle *handle)
{
	if (handle == NULL)
		return;
	if (handles->count == SPARE_MAX) {
		handle_free(handle);
		return;
	}
	if (handle->special)
		handle_reset(handle, handles->sockets);
	curl_easy_setopt(handle->easy, CURLOPT_ERRORBUFFER, NULL);
	LIST_INSERT_HEAD(&handles->spare, handle, entry);
	handles->count++;
}

void
handles_free(struct handles *handles)
{
	struct handle *handle;

	while ((handle = LIST_FIRST(&handles->spare)) != NULL) {
		LIST_REMOVE(handle, entry);
		handle_free(handle);
	}
	handles->count = 0;
}
