/*
 * For tests that run on every store: each begins with an empty one, which is gone with the test.
 * The one on disk has a directory of its own.
 */
#ifndef UNIT_STORES_H
#define UNIT_STORES_H

#include <stdbool.h>

#include "jobd-scheduler/store.h"

#define DO(call)   assert_int_equal((call), STORE_OK)
#define NONE(call) assert_int_equal((call), STORE_NONE)

/* Of the database on disk, and its directory. */
extern char stores_path[96], stores_dir[64];
/* The store of this test is the one on disk. */
extern bool stores_on_disk;

/* For cmocka: the store is *state. */
int stores_open_memory(void **state);
int stores_open_sqlite(void **state);
/* *state may be NULL: the test has closed it. */
int stores_close(void **state);
/* Closes the one on disk, committed or not, and opens it again; it is *state and returned. */
struct store *stores_reopen(void **state);

/* clang-format off */
#define ON_SQLITE(test) { "sqlite: " #test, test, stores_open_sqlite, stores_close, NULL }
#define ON_EVERY(test)  { "memory: " #test, test, stores_open_memory, stores_close, NULL }, \
	ON_SQLITE(test)
/* clang-format on */

#endif
