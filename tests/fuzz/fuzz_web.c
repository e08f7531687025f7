/*
 * What the web side reads itself of a request: one byte that chooses what, then the text.  Paths
 * and forms, headers of who asks, signatures and times of webhooks, payloads.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_path.h"
#include "base/json_template.h"
#include "jobd-web/auth.h"
#include "jobd-web/buf.h"
#include "jobd-web/forwarded.h"
#include "jobd-web/mask.h"
#include "jobd-web/url.h"
#include "jobd-web/webhook_rate.h"
#include "jobd-web/webhook_signature.h"
#include "jobd-web/webhook_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN "a token that nobody guesses"

static void
demand(bool is_so)
{
	if (!is_so)
		abort();
}

/* As server.c takes a target apart. */
static void
try_target(char *text, size_t len)
{
	static const char *const patterns[] = { "/", "/api/v1/jobs/{}", "/jobs/{}/{}", "/{}",
		"/{}/{}/{}" };
	char found[2][URL_SEGMENT_MAX];
	char *query = strchr(text, '?');
	struct pairs pairs;

	(void)len;
	if (query != NULL)
		*query++ = '\0';
	if (url_decode(text, false) == -1 || (query != NULL && pairs_parse(query, &pairs) == -1))
		return;
	if (!url_path_is_plain(text))
		return;
	demand(text[0] == '/' && strstr(text, "//") == NULL && strstr(text, "/../") == NULL &&
	       strpbrk(text, "\r\n\\\x7f") == NULL);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (url_match(patterns[i], text, found, 2) && strchr(patterns[i], '{') != NULL)
			demand(found[0][0] != '\0' && strchr(found[0], '/') == NULL);
}

static void
try_form(char *text, size_t len)
{
	struct pairs pairs;
	struct buf out = { 0 };

	(void)len;
	if (pairs_parse(text, &pairs) == -1)
		return;
	demand(pairs.count <= URL_PAIRS_MAX);
	for (size_t i = 0; i < pairs.count; i++) {
		demand(pairs_find(&pairs, pairs.list[i].name) != NULL);
		buf_html(&out, pairs.list[i].value);
		buf_url(&out, pairs.list[i].value);
	}
	demand(out.data == NULL || strpbrk(out.data, "<>\"'") == NULL);
	buf_free(&out);
	for (size_t i = 0; i < pairs.count; i++) {
		out = (struct buf){ 0 };
		buf_json(&out, pairs.list[i].name);
		demand(json_check(out.data, out.len) == NULL);
		buf_free(&out);
	}
}

/* Nobody finds a session's key or a token here. */
static void
try_who(char *text, size_t len)
{
	static char token[] = "deploy operate " TOKEN,
		    user[] = "anna admin $5$salt$0123456789012345678901234567890123456789012",
		    none[] = "";
	static char *users[] = { user, NULL }, *tokens[] = { token, NULL }, *nothing[] = { NULL };
	const struct conf_web conf = { .listen = nothing,
		.users = users,
		.tokens = tokens,
		.hosts = nothing,
		.prefix = none,
		.mask = nothing };
	struct identity who = { 0 };

	auth_configure(&conf);
	demand(!auth_by_cookie(text, &who) && who.role == ROLE_NONE);
	demand(!auth_by_token(text, &who) || (len >= strlen(TOKEN) && strstr(text, TOKEN) != NULL));
	auth_logout(text);
}

/* The header, a NUL, the body. */
static void
try_signature(char *text, size_t len)
{
	static char secret[] = "a secret that nobody guesses";
	static char *secrets[] = { secret, NULL };
	size_t head = strlen(text) < len ? strlen(text) + 1 : len;
	int64_t at;

	for (int kind = 0; kind < 3; kind++) {
		const struct webhook_signature how = { .is_timed = kind == 1,
			.is_base64 = kind == 2,
			.prefix = kind == 1 ? "" : "sha256=",
			.secrets = secrets };

		demand(!webhook_signature_is_good(&how, text, text + head, len - head, &at));
	}
}

static void
try_time(char *text, size_t len)
{
	struct walltime when;

	(void)len;
	if (webhook_time_read(text, &when))
		webhook_time_is_near(when, walltime_now(), 1000);
}

static void
put(void *out, const char *text, size_t len)
{
	buf_add(out, text, len);
}

static bool
put_null(void *out, const char *source)
{
	(void)source;
	buf_text(out, "null");
	return true;
}

/* The path, a NUL, the payload. */
static void
try_payload(char *text, size_t len)
{
	const char *body = text + (strlen(text) < len ? strlen(text) + 1 : len), *value;
	size_t body_len = len - (size_t)(body - text), value_len;
	struct buf out = { 0 };

	if (json_check(body, body_len) != NULL)
		return;
	if (json_path_check(text) == NULL &&
	    json_path_find(text, body, body_len, &value, &value_len))
		demand(value >= body && value + value_len <= body + body_len &&
		       json_check(value, value_len) == NULL);
	if (json_template_walk(body, body_len, put, put_null, &out))
		demand(json_check(out.data, out.len) == NULL);
	buf_free(&out);
	out = (struct buf){ 0 };
	if (mask_json(body, body_len, &out))
		demand(json_check(out.data, out.len) == NULL);
	buf_free(&out);
}

static void
try_address(char *text, size_t len)
{
	static struct webhook_rate *limit;
	static struct monotime now = { 1000000 };

	(void)len;
	if (limit == NULL)
		limit = webhook_rate_new(2, 1000);
	now.us += 1000;
	demand(limit != NULL && webhook_rate_take(limit, text, now) <= 1000);
}

/* X-Forwarded-For: what is written is an address, or the peer. */
static void
try_forwarded(char *text, size_t len)
{
	static char one[] = "127.0.0.1", other[] = "2001:db8::1";
	static char *proxies[] = { one, other, NULL };
	char address[64];

	(void)len;
	forwarded_address("127.0.0.1", text, proxies, address, sizeof(address));
	demand(address[0] != '\0' && strspn(address, "0123456789abcdef.:") == strlen(address));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(char *, size_t) = { try_target, try_form, try_who,
		try_signature, try_time, try_payload, try_address, try_forwarded };
	char *text;

	if (size == 0 || (text = malloc(size)) == NULL)
		return 0;
	/* A buffer of exactly this size, and a NUL: the sanitizer sees one byte too far. */
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	tries[data[0] % (sizeof(tries) / sizeof(tries[0]))](text, size - 1);
	free(text);
	return 0;
}
