/*
 * Feeds snapshots to their reader: a good one in which the input says where something else stands
 * (two bytes: where, one byte: how much of the old goes, the rest: what comes).  What is taken must
 * be what the writer writes, byte by byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *good_snapshot(size_t *len);
static void check(const char *text, size_t len);

static char *
good_snapshot(size_t *len)
{
	struct conf *conf = conf_new();
	char *text;

	if (conf == NULL || conf_add_program(conf) == NULL || conf_add_program(conf) == NULL ||
	    conf_add_job(conf) == NULL || conf_add_queue(conf) == NULL ||
	    conf_add(conf, conf_section_find("alert")) == NULL ||
	    conf_add(conf, conf_section_find("notify")) == NULL)
		abort();
	if ((text = conf_snapshot_write(conf, len)) == NULL)
		abort();
	conf_free(conf);
	return text;
}

static void
check(const char *text, size_t len)
{
	char error[CONF_ERROR_MAX] = "";
	struct conf *conf = conf_snapshot_read(text, len, error, sizeof(error));
	char *again;
	size_t again_len;

	if (conf == NULL) {
		if (error[0] == '\0')
			abort();
		return;
	}
	again = conf_snapshot_write(conf, &again_len);
	if (again == NULL || again_len != len || memcmp(again, text, len) != 0)
		abort();
	free(again);
	conf_free(conf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *good;
	static size_t good_len;
	size_t at, gone;
	char *text;

	if (good == NULL)
		good = good_snapshot(&good_len);
	if (size < 3)
		return 0;
	at = ((size_t)data[0] << 8 | data[1]) % good_len;
	gone = data[2] < good_len - at ? data[2] : good_len - at;
	/* As long as the text and no longer, so that reading beyond its end is noticed. */
	if ((text = malloc(good_len + size)) == NULL)
		return 0;
	memcpy(text, good, at);
	memcpy(text + at, data + 3, size - 3);
	memcpy(text + at + size - 3, good + at + gone, good_len - at - gone);
	text = realloc(text, good_len - gone + size - 3);
	if (text != NULL)
		check(text, good_len - gone + size - 3);
	free(text);
	return 0;
}
