/*
 * The sections of supervisord's file, and the values in it.  Never writes anything but what the
 * import does.
 */
#ifndef JOBCTL_IMPORT_SUPERVISORD_H
#define JOBCTL_IMPORT_SUPERVISORD_H

#include "jobctl/import.h"

/* A key in small letters and its value; an array of them ends with a NULL key. */
struct import_pair {
	char *key, *value;
};

/* The value of a key, or NULL. */
const char *import_pair_find(const struct import_pair *, const char *key);

/* Each writes a section of its kind. */
void import_supervisord_program(struct import *, const char *name, const struct import_pair *);
void import_supervisord_daemon(struct import *, const char *name, const struct import_pair *);
void import_supervisord_http(struct import *, const char *name, const struct import_pair *);
void import_supervisord_include(struct import *, const char *name, const struct import_pair *);
void import_supervisord_listener(struct import *, const char *name, const struct import_pair *);
void import_supervisord_group(struct import *, const char *name, const struct import_pair *);

/* What one kind of value becomes; `option` is jobd's. */
typedef void import_value_fn(struct import *, const char *option, const char *value);

/* What becomes of a key; a NULL convert says that nothing is lost without it. */
struct import_key {
	const char *key, *option;
	import_value_fn *convert;
};

import_value_fn import_value_text, import_value_word, import_value_boolean, import_value_seconds,
    import_value_size, import_value_codes, import_value_signal, import_value_restart,
    import_value_log, import_value_group, import_value_environment, import_value_level,
    import_value_socket, import_value_syslog;
/* Says that jobd has nothing for it; `option` is what the value belongs to. */
import_value_fn import_value_look;

/*
 * The value with its %(names)s replaced, allocated: those of the environment stand between
 * IMPORT_VARIABLE_BEGIN and _END.  NULL without memory, which the import then knows.
 */
char *import_expand(struct import *, const char *section, const char *value);
/* Each pair by its line in the table (ended by a NULL key), expanded and converted. */
void import_pairs(
    struct import *, const char *section, const struct import_pair *, const struct import_key *);

#endif
