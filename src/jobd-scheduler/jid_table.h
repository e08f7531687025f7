/*
 * Jids in memory, as hashes of 48 bits: a table that finds a hash's ids, a filter that says what is
 * surely not elsewhere, and entries in order.  Pure; compares no jids, and knows no jobs.
 */
#ifndef SCHEDULER_JID_TABLE_H
#define SCHEDULER_JID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jid_entry {
	int64_t hash, id; /* id 0: there is none */
};

/* Begins as zeros. */
struct jid_table {
	struct jid_entry *entries;
	size_t count, size;
};

int64_t jid_table_hash(const char *jid);

/* 0, or -1 without memory. */
int jid_table_add(struct jid_table *, struct jid_entry);
/* False if it is not there. */
bool jid_table_remove(struct jid_table *, struct jid_entry);
/* Up to `most` ids of the hash; their number. */
size_t jid_table_find(const struct jid_table *, int64_t hash, int64_t *ids, size_t most);
void jid_table_clear(struct jid_table *);

/* NULL until something was added. */
struct jid_filter;
/* 0, or -1 without memory. */
int jid_filter_add(struct jid_filter **, int64_t hash);
bool jid_filter_has(const struct jid_filter *, int64_t hash);
void jid_filter_free(struct jid_filter *);

/* What will be looked at for the hash is on its way to the processor then. */
void jid_table_fetch(const struct jid_table *, const struct jid_filter *, int64_t hash);

/* By hash.  0, or -1 without memory. */
int jid_sort(struct jid_entry *, size_t count);
/* The index of the first of sorted ones with this hash or a greater one. */
size_t jid_sorted_find(const struct jid_entry *, size_t count, int64_t hash);

#endif
