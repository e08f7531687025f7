#include <stdio.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"

#include "answer.h"
#include "row.h"

enum answer
answer_read(const struct resp_item *item, char why[ANSWER_WHY_MAX])
{
	static const char bad[] = "ERR invalid JSON";

	if (item->kind == RESP_BULK)
		return ANSWER_TAKEN;
	if (item->kind == RESP_ERROR)
		snprintf(why, ANSWER_WHY_MAX, "%.*s", (int)(item->len < 250 ? item->len : 250),
		    item->data);
	else
		snprintf(why, ANSWER_WHY_MAX, "the queue's answer is of another kind");
	if (item->kind == RESP_ERROR && item->len >= sizeof(bad) - 1 &&
	    memcmp(item->data, bad, sizeof(bad) - 1) == 0)
		return ANSWER_BAD;
	return ANSWER_TROUBLE;
}

/* A string of JSON, cut off where it is longer. */
static bool
read_string(const char *text, size_t len, char *out, size_t size)
{
	char room[2048];
	long found;

	if (len > sizeof(room) || text[0] != '"')
		return false;
	found = json_text(text, len, room);
	if (found < 0)
		return false;
	strlcpy(out, room, size);
	return true;
}

bool
answer_each(
    const struct resp_item *item, void (*refused)(void *, const char *, const char *), void *arg)
{
	char jid[ROW_JID_MAX], why[ANSWER_WHY_MAX];
	struct json_piece piece;
	struct json_scan scan;
	int more;

	if (json_check(item->data, item->len) != NULL ||
	    json_scan_begin(&scan, item->data, item->len) == -1)
		return false;
	while ((more = json_scan_next(&scan, &piece)) == 1) {
		if (!read_string(piece.key - 1, piece.key_len + 2, jid, sizeof(jid)) ||
		    !read_string(piece.value, piece.value_len, why, sizeof(why)))
			return false;
		refused(arg, jid, why);
	}
	return more == 0;
}

bool
answer_is_known(const char *why)
{
	return strcmp(why, "Job not unique") == 0 ||
	       strncmp(why, "there is a job with the jid", 27) == 0;
}
