/*
 * The JSON text of a job taken apart: what its members are, and where in the text they are.  Pure;
 * changes nothing of the text.
 */
#ifndef SCHEDULER_PAYLOAD_PARTS_H
#define SCHEDULER_PAYLOAD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_scan.h"

enum member {
	MEMBER_JID,
	MEMBER_JOBTYPE,
	MEMBER_QUEUE,
	MEMBER_ARGS,
	MEMBER_PRIORITY,
	MEMBER_CREATED_AT,
	MEMBER_ENQUEUED_AT,
	MEMBER_FAILURE,
	/* Up to here we write them ourselves; everything else goes through untouched. */
	MEMBER_OWN_COUNT,
	MEMBER_RETRY = MEMBER_OWN_COUNT,
	MEMBER_RESERVE_FOR,
	MEMBER_AT,
	MEMBER_CUSTOM,
	MEMBER_COUNT,
	MEMBER_OTHER = MEMBER_COUNT, /* none of ours */
	/* ... but whoever reads the job would take it for ours: its name has an escape. */
	MEMBER_DISGUISED,
};

/* One member: places in the text, of which there is less than 4 GB.  Many are kept. */
struct part {
	uint32_t key, key_len, value, value_len;
	unsigned char member; /* enum member */
	bool is_plain;        /* as in struct json_piece */
};

/* "retry" for MEMBER_RETRY. */
const char *member_name(enum member);
/*
 * Notes the members of the object that is scanned, up to its end, as far as there is room: 0, or -1
 * with the scan's error.  *count is that of all members.
 */
int parts_scan(struct json_scan *, const char *text, struct part *, size_t room, size_t *count);

#endif
