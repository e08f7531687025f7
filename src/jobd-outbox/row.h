/*
 * What becomes of a row: the columns of a select by their names, and a row's values as the job that
 * is pushed for it.  Pure; knows no database.
 */
#ifndef OUTBOX_ROW_H
#define OUTBOX_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROW_COLUMNS_MAX 64
#define ROW_WHY_MAX     300
/* Ids of jobs, as the queue takes them, with the final NUL. */
#define ROW_JID_MIN 8
#define ROW_JID_MAX 256

/* Which value a row has in which column. */
struct row_columns {
	size_t count;
	size_t member[ROW_COLUMNS_MAX]; /* of the column; an index that row.c knows */
};

/* What all rows of an outbox have in common. */
struct row_rules {
	const char *outbox;   /* its name */
	const char *type;     /* of rows that name none; "" = they must */
	int64_t remember_sec; /* how long the queue is to know a row; 0 = as long as its job */
	/* Whether jobs of this type are unique in a way of their own. */
	bool (*is_unique_type)(const void *arg, const char *type);
	const void *arg;
};

/* 0, or -1 with what is wrong with them in `why`. */
int row_columns_read(struct row_columns *, const struct row_rules *, const char *const *names,
    size_t count, char why[ROW_WHY_MAX]);
/*
 * The job as JSON without line breaks, allocated (caller frees), and its id; the values stand in
 * the order of the columns, NULL for null.  NULL with what is wrong in `why`; the row can't be
 * pushed then, now or later.
 */
char *row_job(const struct row_columns *, const struct row_rules *, const char *const *values,
    size_t *len, char jid[ROW_JID_MAX], char why[ROW_WHY_MAX]);
/* The value of the column `id`; NULL if it is null. */
const char *row_id(const struct row_columns *, const char *const *values);

#endif
