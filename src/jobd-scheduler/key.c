#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "key.h"

/* 128 bits, from two sums that are mixed differently: enough that no two keys meet by chance. */
struct hash {
	uint64_t one, other;
};

static void
hash_add(struct hash *hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		hash->one = (hash->one ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
		hash->other =
		    (hash->other + (unsigned char)text[i] + 1) * UINT64_C(0x9e3779b97f4a7c15);
		hash->other ^= hash->other >> 29;
	}
	/* So that "ab","c" is not "a","bc". */
	hash->one = (hash->one ^ len) * UINT64_C(0x100000001b3);
	hash->other = (hash->other ^ len) * UINT64_C(0xbf58476d1ce4e5b9);
}

static void
hash_print(const struct hash *hash, char text[33])
{
	uint64_t one = hash->one ^ hash->one >> 31;

	snprintf(text, 33, "%016" PRIx64 "%016" PRIx64, one * UINT64_C(0x94d049bb133111eb),
	    hash->other ^ hash->other >> 32);
}

static const struct hash first = { UINT64_C(0xcbf29ce484222325), UINT64_C(0x2545f4914f6cdd1d) };

void
key_make(char key[JOB_KEY_MAX + 1], const char *kind, const char *name)
{
	struct hash hash = first;
	char text[33];
	int len = snprintf(key, JOB_KEY_MAX + 1, "%s:%s", kind, name);

	if (len >= 0 && len <= JOB_KEY_MAX)
		return;
	hash_add(&hash, name, strlen(name));
	hash_print(&hash, text);
	snprintf(key, JOB_KEY_MAX + 1, "%s#%s", kind, text);
}

void
key_of_job(char key[JOB_KEY_MAX + 1], const struct job *job)
{
	struct hash hash = first;
	char text[33];

	hash_add(&hash, job->type, strlen(job->type));
	hash_add(&hash, job->queue, strlen(job->queue));
	hash_add(&hash, job->args, strlen(job->args));
	hash_print(&hash, text);
	snprintf(key, JOB_KEY_MAX + 1, "job#%s", text);
}

/* Of a string what is between its quotes. */
static void
take_value(const struct json_piece *piece, const char **value, size_t *len)
{
	bool quoted = piece->value[0] == '"';

	*value = piece->value + quoted;
	*len = piece->value_len - (quoted ? 2 : 0);
}

static bool
find_member(const char *args, const char *name, size_t name_len, const char **value, size_t *len)
{
	struct json_scan list, object;
	struct json_piece piece = { 0 }, member;

	if (json_scan_begin(&list, args, strlen(args)) == -1)
		return false;
	while (json_scan_next(&list, &piece) == 1 && piece.value[0] != '{')
		continue;
	if (piece.value == NULL || piece.value[0] != '{' ||
	    json_scan_begin(&object, piece.value, piece.value_len) == -1)
		return false;
	while (json_scan_next(&object, &member) == 1) {
		if (member.key_len != name_len || memcmp(member.key, name, name_len) != 0)
			continue;
		take_value(&member, value, len);
		return true;
	}
	return false;
}

/* The argument with this number. */
static bool
find_argument(const char *args, long number, const char **value, size_t *len)
{
	struct json_scan list;
	struct json_piece piece;

	if (json_scan_begin(&list, args, strlen(args)) == -1)
		return false;
	while (json_scan_next(&list, &piece) == 1) {
		if (number-- > 0)
			continue;
		take_value(&piece, value, len);
		return true;
	}
	return false;
}

static bool
find_value(const char *args, const char *name, size_t name_len, const char **value, size_t *len)
{
	if (name_len > 0 && name_len < 4 && strspn(name, "0123456789") == name_len)
		return find_argument(args, strtol(name, NULL, 10), value, len);
	return find_member(args, name, name_len, value, len);
}

static int
append(char *text, size_t size, size_t *used, const char *part, size_t len)
{
	if (*used + len >= size)
		return -1;
	memcpy(text + *used, part, len);
	*used += len;
	text[*used] = '\0';
	return 0;
}

int
key_fill(char *text, size_t size, const char *pattern, const char *args)
{
	const char *open, *close, *value = "";
	size_t used = 0, len, name_len;

	text[0] = '\0';
	while ((open = strstr(pattern, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		const char *name = open + 2 + strspn(open + 2, " ");

		name_len = strcspn(name, " }");
		len = 0;
		if (append(text, size, &used, pattern, (size_t)(open - pattern)) == -1 ||
		    (find_value(args, name, name_len, &value, &len) &&
			append(text, size, &used, value, len) == -1))
			return -1;
		pattern = close + 2;
	}
	return append(text, size, &used, pattern, strlen(pattern));
}
