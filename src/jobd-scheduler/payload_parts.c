#include <string.h>

#include "base/json_check.h"
#include "payload_parts.h"
#include "payload_private.h"

static const char *const names[MEMBER_COUNT] = {
	[MEMBER_JID] = "jid",
	[MEMBER_JOBTYPE] = "jobtype",
	[MEMBER_QUEUE] = "queue",
	[MEMBER_ARGS] = "args",
	[MEMBER_PRIORITY] = "priority",
	[MEMBER_CREATED_AT] = "created_at",
	[MEMBER_ENQUEUED_AT] = "enqueued_at",
	[MEMBER_FAILURE] = "failure",
	[MEMBER_RETRY] = "retry",
	[MEMBER_RESERVE_FOR] = "reserve_for",
	[MEMBER_AT] = "at",
	[MEMBER_CUSTOM] = "custom",
};

const char *
member_name(enum member member)
{
	return names[member];
}

/* Two at most are of the same length. */
static const enum member by_len[][2] = {
	[0] = {MEMBER_OTHER,        MEMBER_OTHER      },
	[1] = { MEMBER_OTHER,       MEMBER_OTHER      },
	[2] = { MEMBER_AT,          MEMBER_OTHER      },
	[3] = { MEMBER_JID,         MEMBER_OTHER      },
	[4] = { MEMBER_ARGS,        MEMBER_OTHER      },
	[5] = { MEMBER_QUEUE,       MEMBER_RETRY      },
	[6] = { MEMBER_CUSTOM,      MEMBER_OTHER      },
	[7] = { MEMBER_JOBTYPE,     MEMBER_FAILURE    },
	[8] = { MEMBER_PRIORITY,    MEMBER_OTHER      },
	[9] = { MEMBER_OTHER,       MEMBER_OTHER      },
	[10] = { MEMBER_CREATED_AT,  MEMBER_OTHER      },
	[11] = { MEMBER_ENQUEUED_AT, MEMBER_RESERVE_FOR},
};

static enum member
find_name(const char *key, size_t len)
{
	enum member member;

	for (int i = 0; i < 2 && len < sizeof(by_len) / sizeof(by_len[0]); i++) {
		member = by_len[len][i];
		if (member != MEMBER_OTHER && memcmp(key, names[member], len) == 0)
			return member;
	}
	return MEMBER_OTHER;
}

/* A name of ours that is written with escapes. */
static bool
is_disguised(const struct json_piece *piece)
{
	char text[WRITTEN_MAX];

	return memchr(piece->key, '\\', piece->key_len) != NULL &&
	       piece->key_len + 2 <= sizeof(text) &&
	       json_text(piece->key - 1, piece->key_len + 2, text) != -1 &&
	       find_name(text, strlen(text)) != MEMBER_OTHER;
}

static void
note_part(struct part *part, const char *text, const struct json_piece *piece)
{
	enum member member = find_name(piece->key, piece->key_len);

	if (member == MEMBER_OTHER && is_disguised(piece))
		member = MEMBER_DISGUISED;
	*part = (struct part){ .key = (uint32_t)(piece->key - text),
		.key_len = (uint32_t)piece->key_len,
		.value = (uint32_t)(piece->value - text),
		.value_len = (uint32_t)piece->value_len,
		.member = (unsigned char)member,
		.is_plain = piece->is_plain };
}

int
parts_scan(struct json_scan *scan, const char *text, struct part *parts, size_t room, size_t *count)
{
	struct json_piece piece;
	size_t found = 0;
	int more;

	for (; (more = json_scan_next(scan, &piece)) == 1; found++)
		if (found < room)
			note_part(&parts[found], text, &piece);
	*count = found;
	return more;
}
