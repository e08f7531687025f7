/*
 * Configuration files for tests, in a directory of their own that is gone after the test.
 */
#ifndef TESTS_CONF_FILES_H
#define TESTS_CONF_FILES_H

#include <stddef.h>

#include "conf/conf.h"

/* cmocka's setup and teardown. */
int conf_files_begin(void **state);
int conf_files_end(void **state);
/* The whole path of a file in the test's directory; good until the next call. */
const char *conf_files_path(const char *name);
void conf_files_write(const char *name, const char *text);
void conf_files_write_bytes(const char *name, const void *data, size_t len);

/* Loads the text as main.conf; fails the test if that does not work. */
struct conf *conf_of(const char *text);
/* The error of loading the text; fails the test if there is none.  The directory is taken out of
 * it: "main.conf:3: ...". */
const char *conf_error_of(const char *text);
/* Fails the test unless the error of the text has this line. */
void assert_conf_error(const char *text, const char *line);

#endif
