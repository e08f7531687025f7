/*
 * What the two halves of the loader share: load.c, for what stands in the file, and load_builtin.c,
 * for the programs that come with it.
 */
#ifndef CONF_LOAD_PRIVATE_H
#define CONF_LOAD_PRIVATE_H

#include "conf/blocks.h"
#include "conf/conf.h"
#include "conf/errors.h"

struct load {
	struct conf *conf;
	struct blocks blocks;
	struct errors *errors;
};

/* Gives the section's own options their values, or, for a built-in, those of its program. */
void load_apply(struct load *, const struct block *, bool program_options, void *base);
/* A copy takes the place of the field's text; 0, or -1 without memory. */
int load_set_text(char **field, const char *text);
/* Everything but the paths, which are each program's own. */
void load_inherit_log(struct conf_log *, const struct conf_log *defaults);
/* Relative paths start in log_dir; 0, or -1 without memory. */
int load_resolve_logs(const struct conf *, struct conf_log *);
/* Adds the built-ins that are needed; what the file says must be loaded.  0, or -1 without memory.
 */
int load_builtins(struct load *);

#endif
