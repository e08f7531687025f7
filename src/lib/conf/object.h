/*
 * Making and taking apart the structs of conf.h, for the two that fill them: the loader and the
 * snapshot reader.  Knows the tables, never a file.
 */
#ifndef CONF_OBJECT_H
#define CONF_OBJECT_H

#include "conf/conf.h"

/* Every field has its default; NULL when memory runs out. */
struct conf *conf_new(void);
/*
 * Adds one at the end and gives every field its default.  The pointer is good until the next one is
 * added.  NULL when memory runs out; conf_free() then still frees everything.
 */
struct conf_program *conf_add_program(struct conf *);
struct conf_job *conf_add_job(struct conf *);
struct conf_queue *conf_add_queue(struct conf *);
/* Frees what they hold, not the structs themselves. */
void conf_program_clear(struct conf_program *);
void conf_job_clear(struct conf_job *);
void conf_queue_clear(struct conf_queue *);
/* Into starting order. */
void conf_sort_programs(struct conf *);

#endif
