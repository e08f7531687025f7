#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/file.h"

#include "call.h"
#include "headers.h"
#include "http_status.h"
#include "signature.h"

/* A longer answer ends the transfer; what its status said stays true. */
#define ANSWER_MAX_BYTES ((uint64_t)16 * 1024 * 1024)
/* A longer one is not the job's result. */
#define VALUE_MAX_BYTES   ((size_t)64 * 1024)
#define SECRETS_MAX_BYTES ((size_t)64 * 1024)
/* Of a job without a timeout. */
#define DEFAULT_TIMEOUT_MS (60 * 1000)
#define RETRY_AFTER_MAX_S  (7 * 86400)
#define USER_AGENT         "jobd/" PACKAGE_VERSION

struct http_call {
	struct call call;
	struct handle *handle;
	char *url, *body;
	struct headers headers;
	size_t body_len;
	char *value; /* what may become the result: the beginning of the answer */
	size_t value_len, value_size;
	bool too_long; /* the answer */
};

static void settle(struct call *, CURLcode, struct result *, char *text);
static void http_call_free(struct call *);

static const struct call_kind http_kind = { .settle = settle, .free = http_call_free };

/* The request. */

/* The value of a configured header, with its blanks; NULL if there is no such header. */
static const char *
find_header(char *const *headers, const char *name)
{
	size_t len = strlen(name);

	for (; *headers != NULL; headers++)
		if (strncasecmp(*headers, name, len) == 0 && (*headers)[len] == ':')
			return *headers + len + 1;
	return NULL;
}

/* How values are written into a body of this type. */
static enum template_kind
kind_of_body(const char *content_type)
{
	static const struct {
		const char *part;
		enum template_kind kind;
	} kinds[] = {
		{"json",                   TEMPLATE_JSON},
                { "x-www-form-urlencoded", TEMPLATE_FORM},
		{ "html",                  TEMPLATE_HTML},
                { "xml",                   TEMPLATE_HTML}
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasestr(content_type, kinds[i].part) != NULL)
			return kinds[i].kind;
	return TEMPLATE_TEXT;
}

/* One of ours, unless the configuration has it already. */
static void
add_own(struct http_call *http, const struct conf_http *conf, const char *name, const char *value)
{
	if (find_header(conf->headers, name) == NULL)
		headers_add(&http->headers, name, value);
}

/* libcurl leaves a header with an empty value out, unless it is written with a semicolon. */
static int
add_configured(
    struct http_call *http, const char *header, const struct job *job, struct call_refusal *refusal)
{
	char *text = call_render(TEMPLATE_LINE, "headers", header, job, NULL, refusal);
	char *colon = text == NULL ? NULL : strchr(text, ':');
	int result = 0;

	if (text == NULL)
		return -1;
	if (colon == NULL || colon == text)
		result = call_refuse(
		    refusal, RESULT_TEMPLATE, true, "headers: '%.100s' has no 'Name:'", header);
	else {
		if (colon[1 + strspn(colon + 1, " \t")] == '\0')
			memcpy(colon, ";", 2);
		headers_add(&http->headers, text, NULL);
	}
	free(text);
	return result;
}

static char *
read_secrets(const struct conf_http *conf, struct call_refusal *refusal)
{
	char text[400], *secrets;
	size_t len;

	if (conf->secret_file[0] == '\0') {
		if ((secrets = strdup(conf->secret)) == NULL)
			call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
		return secrets;
	}
	secrets = file_read(conf->secret_file, SECRETS_MAX_BYTES, &len, text, sizeof(text));
	if (secrets == NULL)
		call_refuse(refusal, RESULT_TEMPLATE, false, "secret_file: %s", text);
	return secrets;
}

/* Nothing is sent that should be signed and is not. */
static int
sign(struct http_call *http, const struct conf_http *conf, struct call_refusal *refusal)
{
	char text[SIGNATURE_TEXT_MAX], *secrets;
	int result = 0;

	if (conf->secret[0] == '\0' && conf->secret_file[0] == '\0')
		return 0;
	if ((secrets = read_secrets(conf, refusal)) == NULL)
		return -1;
	if (signature_write(text, secrets, walltime_now().us / CLOCK_US_PER_SEC,
		http->body != NULL ? http->body : "", http->body_len) == -1)
		result = call_refuse(
		    refusal, RESULT_TEMPLATE, false, "the request can't be signed: no secret");
	else
		add_own(http, conf, conf->signature_header, text);
	explicit_bzero(secrets, strlen(secrets));
	free(secrets);
	return result;
}

static int
make_headers(struct http_call *http, const struct conf_http *conf, const struct job *job,
    const char *content_type, struct call_refusal *refusal)
{
	char attempt[24];

	snprintf(attempt, sizeof(attempt), "%lld", (long long)job->attempt);
	for (size_t i = 0; conf->headers[i] != NULL; i++)
		if (add_configured(http, conf->headers[i], job, refusal) == -1)
			return -1;
	if (http->body != NULL)
		add_own(http, conf, "Content-Type", content_type);
	add_own(http, conf, "X-Jobd-Jid", job->jid);
	add_own(http, conf, "X-Jobd-Attempt", attempt);
	add_own(http, conf, "Idempotency-Key", job->jid);
	add_own(http, conf, "User-Agent", USER_AGENT);
	headers_add(&http->headers, "Expect:", NULL);
	if (sign(http, conf, refusal) == -1)
		return -1;
	return headers_list(&http->headers) == NULL
		   ? call_refuse(refusal, RESULT_NETWORK, false, "out of memory")
		   : 0;
}

/* The body, or none: a GET has none, a DELETE only what is configured. */
static int
make_body(struct http_call *http, const struct conf_http *conf, const char *method,
    const struct job *job, const char **content_type, struct call_refusal *refusal)
{
	const char *type = find_header(conf->headers, "Content-Type");

	*content_type = "application/json";
	if (conf->body[0] != '\0') {
		if (conf->body[0] != '{' && conf->body[0] != '[')
			*content_type = "text/plain; charset=utf-8";
		http->body = call_render(kind_of_body(type != NULL ? type : *content_type), "body",
		    conf->body, job, &http->body_len, refusal);
		return http->body == NULL ? -1 : 0;
	}
	if (strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0)
		return 0;
	if ((http->body = malloc(job->text_len + 1)) == NULL)
		return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
	memcpy(http->body, job->text, job->text_len);
	http->body_len = job->text_len;
	return 0;
}

/* The answer. */

static void
keep_value(struct http_call *http, const char *data, size_t len)
{
	size_t size = http->value_size == 0 ? 512 : http->value_size;
	char *bigger;

	if (len > VALUE_MAX_BYTES || http->value_len + len > VALUE_MAX_BYTES) {
		http->value_len = VALUE_MAX_BYTES + 1; /* no value */
		return;
	}
	while (size < http->value_len + len)
		size *= 2;
	if (size > http->value_size) {
		if ((bigger = realloc(http->value, size)) == NULL) {
			http->value_len = VALUE_MAX_BYTES + 1;
			return;
		}
		http->value = bigger;
		http->value_size = size;
	}
	memcpy(http->value + http->value_len, data, len);
	http->value_len += len;
}

static size_t
on_data(char *data, size_t size, size_t count, void *arg)
{
	struct http_call *http = arg;
	size_t len = size * count;

	capture_add(&http->call.capture, data, len);
	keep_value(http, data, len);
	http->too_long = http->call.capture.total > ANSWER_MAX_BYTES;
	return http->too_long ? 0 : len;
}

/* The answer as JSON in one line, or NULL. */
static char *
value_of(struct http_call *http)
{
	const char *type = NULL;
	json_t *json;
	char *text;

	curl_easy_getinfo(http->call.easy, CURLINFO_CONTENT_TYPE, &type);
	if (http->value_len == 0 || http->value_len > VALUE_MAX_BYTES || type == NULL ||
	    strcasestr(type, "json") == NULL)
		return NULL;
	json = json_loadb(http->value, http->value_len, JSON_DECODE_ANY, NULL);
	text = json == NULL ? NULL : strndup(http->value, http->value_len);
	json_decref(json);
	/* Between the values only: strings hold no line break as it is. */
	for (char *c = text; c != NULL && *c != '\0'; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
	return text;
}

static void
settle_answer(struct http_call *http, struct result *result, char *text)
{
	curl_off_t retry_after = 0;
	enum http_verdict verdict;
	long status = 0;

	curl_easy_getinfo(http->call.easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(http->call.easy, CURLINFO_RETRY_AFTER, &retry_after);
	verdict = http_status_verdict(status);
	result->reason = RESULT_HTTP;
	result->code = status;
	result->expected = verdict == HTTP_DONE;
	result->no_retry = verdict == HTTP_HOPELESS || codes_have(&http->call.no_retry, status);
	if (retry_after > 0 && (verdict == HTTP_RETRY || verdict == HTTP_TROUBLE))
		result->retry_after_ms =
		    (retry_after < RETRY_AFTER_MAX_S ? retry_after : RETRY_AFTER_MAX_S) * 1000;
	if (verdict != HTTP_DONE)
		snprintf(text, CALL_TEXT_MAX, "HTTP %ld%s", status,
		    status >= 300 && status <= 399 ? " (redirects are not followed)" : "");
	if (verdict == HTTP_DONE && !http->too_long)
		http->call.value = value_of(http);
	http->call.outcome = verdict == HTTP_TROUBLE ? BREAKER_FAILED : BREAKER_ANSWERED;
}

static void
settle(struct call *call, CURLcode code, struct result *result, char *text)
{
	struct http_call *http = (struct http_call *)call;

	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && http->too_long))
		settle_answer(http, result, text);
	else
		call_settle_failure(call, code, result, text);
}

static void
http_call_free(struct call *call)
{
	struct http_call *http = (struct http_call *)call;

	handles_give(&call->calls->handles, http->handle);
	headers_free(&http->headers);
	free(http->url);
	free(http->body);
	free(http->value);
	free(http);
}

static void
set_options(struct http_call *http, const char *method)
{
	const char *usual = http->body != NULL ? "POST" : "GET";
	CURL *easy = http->call.easy;

	if (http->body != NULL) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, http->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)http->body_len);
	} else
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, strcmp(method, usual) != 0 ? method : NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers.nodes);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
}

static int
prepare(struct http_call *http, const struct job *job, const struct conf_http *conf,
    struct call_refusal *refusal)
{
	const char *template, *method = conf_http_method(conf, &template), *content_type;

	http->url = call_render(TEMPLATE_URL, "url", template, job, NULL, refusal);
	if (http->url == NULL || make_body(http, conf, method, job, &content_type, refusal) == -1 ||
	    make_headers(http, conf, job, content_type, refusal) == -1)
		return -1;
	if ((http->handle = handles_take(&http->call.calls->handles, conf, http->url)) == NULL)
		return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
	http->call.easy = http->handle->easy;
	set_options(http, method);
	if (call_admit(&http->call, http->url, refusal) == -1)
		return -1;
	return call_begin(&http->call, refusal);
}

int
call_http_start(struct calls *calls, const struct job *job, const struct conf_job *conf,
    struct call_refusal *refusal)
{
	struct http_call *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
	http->call.kind = &http_kind;
	http->call.rule = (struct breaker_rule){ .failures = conf->breaker.failures,
		.pause_ms = conf->breaker.pause_ms };
	if (call_init(&http->call, calls, job, conf) == -1) {
		call_free(&http->call);
		return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
	}
	if (http->call.limit_ms == 0)
		http->call.limit_ms = DEFAULT_TIMEOUT_MS;
	if (prepare(http, job, &conf->http, refusal) == -1) {
		call_free(&http->call);
		return -1;
	}
	return 0;
}
