/*
 * Making and taking apart the structs of conf.h, for the two that fill them: the loader and the
 * snapshot reader.  Knows the tables, never a file.
 */
#ifndef CONF_OBJECT_H
#define CONF_OBJECT_H

#include "conf/conf.h"
#include "conf/options.h"

/* Every field has its default; NULL when memory runs out. */
struct conf *conf_new(void);
/*
 * Adds one at the end and gives every field its default.  The pointer is good until the next one is
 * added.  NULL when memory runs out; conf_free() then still frees everything.
 */
void *conf_add(struct conf *, const struct conf_section *);
struct conf_program *conf_add_program(struct conf *);
struct conf_job *conf_add_job(struct conf *);
struct conf_queue *conf_add_queue(struct conf *);
/* The objects of a titled section: how many, one of them, one by its name or NULL. */
size_t conf_count(const struct conf *, const struct conf_section *);
void *conf_object(const struct conf *, const struct conf_section *, size_t index);
const void *conf_find(const struct conf *, const struct conf_section *, const char *name);
/* Whether both have the same ones with the same values. */
bool conf_objects_equal(const struct conf *, const struct conf *, const struct conf_section *);
/* Into starting order. */
void conf_sort_programs(struct conf *);

#endif
