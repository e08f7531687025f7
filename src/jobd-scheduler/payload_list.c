#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "payload.h"
#include "payload_list.h"
#include "payload_private.h"

/* The most that is noted, and what small jobs need: bytes of the text for one note. */
#define PARTS_MAX      ((size_t)16384)
#define BYTES_PER_PART 10
#define JOBS_MAX       ((size_t)2048)
#define BYTES_PER_JOB  40

/* One that is no object, or an unusual one, is read from its text when its turn comes. */
#define PARTS_UNKNOWN UINT32_MAX

struct list_job {
	uint32_t text, len;
	uint32_t part_count; /* its parts are behind those of the one before; PARTS_UNKNOWN: none */
	uint32_t first_part;
};

static size_t
least(size_t one, size_t other)
{
	return one < other ? one : other;
}

static size_t
parts_for(size_t len)
{
	return least(len / BYTES_PER_PART + PARTS_FEW, PARTS_MAX);
}

static size_t
jobs_for(size_t len)
{
	return least(len / BYTES_PER_JOB + 1, JOBS_MAX);
}

size_t
payload_list_bytes(size_t len)
{
	return parts_for(len) * sizeof(struct part) + jobs_for(len) * sizeof(struct list_job) +
	       len + 1;
}

/* All of it is one block. */
int
payload_list_open(struct payload_list *list, const char *text, size_t len)
{
	*list = (struct payload_list){
		.part_max = parts_for(len), .job_max = jobs_for(len), .more = 1
	};
	if (len > UINT32_MAX || (list->parts = malloc(payload_list_bytes(len))) == NULL)
		return -1;
	list->jobs = list->next = (struct list_job *)(list->parts + list->part_max);
	list->text = (char *)(list->jobs + list->job_max);
	memcpy(list->text, text, len);
	list->text[len] = '\0';
	json_scan_begin(&list->scan, list->text, len);
	return 0;
}

void
payload_list_close(struct payload_list *list)
{
	free(list->parts);
	list->parts = NULL;
}

/* Notes. */

static void
note_job(struct payload_list *list, const char *text, size_t len, size_t part_count)
{
	bool is_usual = part_count <= PARTS_FEW;

	list->jobs[list->job_count++] = (struct list_job){ .text = (uint32_t)(text - list->text),
		.len = (uint32_t)len,
		.part_count = is_usual ? (uint32_t)part_count : PARTS_UNKNOWN,
		.first_part = (uint32_t)list->part_count };
	list->part_count += is_usual ? part_count : 0;
}

/* Passes the next element of the list: 1, 0 at its end, -1 with the scan's error. */
static int
note_next(struct payload_list *list)
{
	struct json_scan object;
	struct json_piece piece;
	size_t count = 0;
	const char *text;
	int more;

	if (!json_scan_enter(&list->scan, &object)) {
		if ((more = json_scan_next(&list->scan, &piece)) == 1)
			note_job(list, piece.value, piece.value_len, SIZE_MAX);
		return more;
	}
	text = list->scan.at;
	more = parts_scan(&object, list->text, list->parts + list->part_count, PARTS_FEW, &count);
	json_scan_leave(&list->scan, &object);
	if (more == -1)
		return -1;
	note_job(list, text, (size_t)(object.at - text), count);
	return 1;
}

/* As many as there is room for. */
static void
note_some(struct payload_list *list)
{
	list->part_count = list->job_count = 0;
	list->next = list->jobs;
	while (list->more == 1 && list->job_count < list->job_max &&
	       list->part_max - list->part_count >= PARTS_FEW)
		list->more = note_next(list);
}

const char *
payload_list_check(struct payload_list *list)
{
	struct json_piece piece;
	struct json_scan rest;
	const char *wrong;
	int more;

	if (list->scan.close != ']') {
		wrong = json_check(list->text, (size_t)(list->scan.end - list->text));
		return wrong != NULL ? wrong : "PUSHB takes a list of jobs";
	}
	note_some(list);
	rest = list->scan;
	for (more = list->more; more == 1;)
		more = json_scan_next(&rest, &piece);
	return more == -1 ? rest.error : NULL;
}

/* Jobs. */

int
payload_list_next(
    struct payload_list *list, struct job *job, bool *good, char *error, size_t error_size)
{
	struct payload_reader reader = {
		.job = job, .error = error, .error_size = error_size, .text = list->text
	};
	const struct list_job *next;
	int result;

	if (list->next == list->jobs + list->job_count && list->more == 1)
		note_some(list);
	if (list->next == list->jobs + list->job_count)
		return 0;
	next = list->next++;
	list->done = next->text + next->len;
	if (next->part_count == PARTS_UNKNOWN || next->len > PAYLOAD_MAX)
		result = payload_take(job, list->text + next->text, next->len, error, error_size);
	else
		result =
		    payload_read_parts(&reader, list->parts + next->first_part, next->part_count);
	*good = result == 0;
	return 1;
}
