/*
 * One value of one option: from text into its field of a struct, its default, its end, and whether
 * two are equal.  Pure.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

/* The field of an option in the struct at `base`; the tables say its type. */
#define FIELD(option, base, type) ((type *)(void *)((char *)(base) + (option)->offset))
#define CONST_FIELD(option, base, type)                                                            \
	((type const *)(const void *)((const char *)(base) + (option)->offset))
#define COUNT(option, base) ((size_t *)(void *)((char *)(base) + (option)->count_offset))
#define CONST_COUNT(option, base)                                                                  \
	((const size_t *)(const void *)((const char *)(base) + (option)->count_offset))
/* Of a RATE: the time that it counts for. */
#define PERIOD(option, base) ((int64_t *)(void *)((char *)(base) + (option)->count_offset))
#define CONST_PERIOD(option, base)                                                                 \
	((const int64_t *)(const void *)((const char *)(base) + (option)->count_offset))

/* Room for "'5q' is not a duration such as ...". */
#define VALUE_WHY_MAX 512
/* The most values of one list. */
#define VALUE_LIST_MAX 10000

/*
 * Sets the option's field of the struct at `base` from one text, or from any number of them for a
 * list.  What the field held before is freed.  Returns 0, or -1 with `why` (VALUE_WHY_MAX bytes)
 * saying which text is wrong and how; the field is then as it was.
 */
int value_set(
    const struct conf_option *, void *base, const char *const *texts, size_t count, char *why);
/* The same with the option's default. Only fails when memory runs out. */
int value_set_initial(const struct conf_option *, void *base);
/* All options of a table that ends with a NULL name. */
int value_set_all_initial(const struct conf_option *table, void *base);
void value_free_all(const struct conf_option *table, void *base);
/* True for the types whose value in the file may be a list. */
bool value_is_list(const struct conf_option *);

/*
 * Texts and NULL-ended lists of texts, owned; freeing NULL is legal.  All empty texts are one text,
 * and all empty lists one list, because most options are not set: never write into one, never
 * free(3) one.  A copy is NULL without memory.
 */
char *value_text_copy(const char *);
void value_text_free(char *);
/* The same text, which was allocated; it is freed if it is empty. */
char *value_text_take(char *);
char **value_list_copy(const char *const *texts, size_t count);
void value_list_free(char **);

/* The rules of single options, for their tables: NULL, or what is wrong with the text. */
const char *value_check_name(const char *text);
const char *value_check_environment(const char *text);
const char *value_check_environment_file(const char *text);
const char *value_check_forward(const char *text);
const char *value_check_secret(const char *text);
const char *value_check_listen(const char *text);
const char *value_check_log(const char *text);
const char *value_check_args(const char *text);
const char *value_check_queue_listen(const char *text);
const char *value_check_web_listen(const char *text);
const char *value_check_web_user(const char *text);
const char *value_check_web_token(const char *text);
const char *value_check_web_prefix(const char *text);
const char *value_check_web_proxy(const char *text);
const char *value_check_hook_path(const char *text);
const char *value_check_hook_value(const char *text);
const char *value_check_hook_args(const char *text);
const char *value_check_url(const char *text);
const char *value_check_tcp(const char *text);
const char *value_check_smtp_url(const char *text);
const char *value_check_header(const char *text);
const char *value_check_header_name(const char *text);
const char *value_check_address(const char *text);
const char *value_check_line(const char *text);
const char *value_check_channel(const char *text);
const char *value_check_duration(const char *text);
const char *value_check_when(const char *text);
const char *value_check_event(const char *text);

#endif
