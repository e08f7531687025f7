#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf.h"
#include "conf/value.h"
#include "conf/value_type.h"

/* `ready`: one word in the file, three fields of struct conf_program. */

static int ready_tcp(struct conf_program *, const char *text, char *why);
static int ready_assign(struct conf_program *, enum conf_ready, const char *host, int64_t value);

static int
ready_assign(struct conf_program *program, enum conf_ready kind, const char *host, int64_t value)
{
	char *copy = value_text_copy(host);

	if (copy == NULL)
		return -1;
	value_text_free(program->ready_address);
	program->ready_address = copy;
	program->ready = kind;
	program->ready_value = value;
	return 0;
}

/* "8000", "127.0.0.1:8000", "[::1]:8000". */
static int
ready_tcp(struct conf_program *program, const char *text, char *why)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon != NULL ? colon + 1 : text;
	const char *errstr;
	char host[256] = "";
	int64_t number;

	if (text_to_int(port, 1, 65535, &number, &errstr) == -1) {
		snprintf(why, VALUE_WHY_MAX, "'tcp:%.200s': port '%.50s' %s", text, port, errstr);
		return -1;
	}
	if (colon != NULL) {
		size_t len = (size_t)(colon - text);
		bool brackets = len > 2 && text[0] == '[' && colon[-1] == ']';

		if (len == 0 || len >= sizeof(host) ||
		    (!brackets && memchr(text, ':', len) != NULL)) {
			snprintf(why, VALUE_WHY_MAX,
			    "'tcp:%.200s' is not written tcp:PORT, tcp:HOST:PORT or "
			    "tcp:[IPV6]:PORT",
			    text);
			return -1;
		}
		snprintf(host, sizeof(host), "%.*s", (int)(brackets ? len - 2 : len),
		    brackets ? text + 1 : text);
	}
	return ready_assign(program, CONF_READY_TCP, host, number) == -1 ? value_why_memory(why)
									 : 0;
}

int
value_ready_set(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	static const char *const words[] = { "start_seconds", "notify", "fd:3", "tcp:8000",
		"delay:2s", "check", NULL };
	struct conf_program *program = base;
	const char *text = texts[0], *errstr;
	int64_t number = 0;
	int result;

	(void)option;
	(void)count;
	if (strcmp(text, "start_seconds") == 0) {
		result = ready_assign(program, CONF_READY_SECONDS, "", 0);
	} else if (strcmp(text, "notify") == 0) {
		result = ready_assign(program, CONF_READY_NOTIFY, "", 0);
	} else if (strcmp(text, "check") == 0) {
		result = ready_assign(program, CONF_READY_CHECK, "", 0);
	} else if (strncmp(text, "fd:", 3) == 0) {
		if (text_to_int(text + 3, 3, 1023, &number, &errstr) == -1)
			return value_why_text(
			    why, text, "does not name a descriptor from 3 to 1023");
		result = ready_assign(program, CONF_READY_FD, "", number);
	} else if (strncmp(text, "tcp:", 4) == 0) {
		return ready_tcp(program, text + 4, why);
	} else if (strncmp(text, "delay:", 6) == 0) {
		if (text_to_duration_ms(text + 6, &number, &errstr) == -1)
			return value_why_text(why, text + 6, errstr);
		result = ready_assign(program, CONF_READY_DELAY, "", number);
	} else {
		return value_why_word(why, text, words);
	}
	return result == -1 ? value_why_memory(why) : 0;
}

void
value_ready_free(const struct conf_option *option, void *base)
{
	struct conf_program *program = base;

	(void)option;
	value_text_free(program->ready_address);
}

bool
value_ready_equal(const struct conf_option *option, const void *one, const void *other)
{
	const struct conf_program *a = one, *b = other;

	(void)option;
	return a->ready == b->ready && a->ready_value == b->ready_value &&
	       strcmp(a->ready_address, b->ready_address) == 0;
}
