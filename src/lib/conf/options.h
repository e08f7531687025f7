/*
 * The tables of all options, one per section: the only place that knows their names, types and
 * defaults.  The parser, the snapshot, the reload plan, `jobd -t`, the reference file and the tests
 * walk them.  Pure.
 */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum conf_type {
	CONF_TYPE_STRING,
	CONF_TYPE_BOOL,
	CONF_TYPE_INT,
	CONF_TYPE_FLOAT,
	CONF_TYPE_DURATION,
	CONF_TYPE_SIZE,
	CONF_TYPE_MODE,
	CONF_TYPE_SIGNAL,
	CONF_TYPE_WORD,     /* one of `words`, stored as its index */
	CONF_TYPE_LIST,     /* list of strings */
	CONF_TYPE_INT_LIST, /* list of numbers; the count stands in the field at count_offset */
	CONF_TYPE_READY,    /* see enum conf_ready */
	CONF_TYPE_RATE,     /* so many in a time; that stands in the field at count_offset, in ms */
};

/* What a changed value asks for when the configuration is reloaded. */
enum conf_effect {
	CONF_EFFECT_LIVE,    /* takes effect at once, nothing is restarted */
	CONF_EFFECT_NEXT,    /* takes effect when the program starts the next time; nothing is
				restarted for it */
	CONF_EFFECT_RESTART, /* the program is restarted, or sent its reload_signal */
	CONF_EFFECT_REPLACE, /* it is another program now: restarted in any case */
	CONF_EFFECT_REFUSE,  /* needs a new jobd; the reload is refused */
};

struct conf_option {
	const char *name; /* of one in a nested section: "mail.subject" */
	enum conf_type type;
	size_t offset; /* of the field in the section's struct */
	size_t count_offset;
	const char *initial; /* default, as it would be written in the file */
	long long min, max;  /* of numbers; both 0: not negative */
	/* WORD: what is allowed.  STRING: the same, if not NULL.  INT and SIZE: words for "without
	 * limit", stored as INT64_MAX.  NULL-ended. */
	const char *const *words;
	enum conf_effect effect;
	bool builtin;        /* option of a program: allowed in the sections of built-ins too */
	bool is_secret;      /* never shown */
	bool is_path;        /* of a file; made absolute when the configuration is loaded */
	const char *summary; /* one sentence */
	const char *example; /* for the reference file, where there is no default */
	/* More rules for a STRING, or for each of a LIST: returns NULL, or what is wrong. */
	const char *(*check)(const char *text);
};

/* Where the objects of a titled section are in struct conf; each begins with its name. */
struct conf_objects {
	size_t list_offset, count_offset; /* of the pointer to them, and of their number */
	size_t size;                      /* of one */
	const struct conf_option *hidden; /* what they hold besides the section's options */
};

/*
 * Offsets are into struct conf_program for `program`, struct conf_job for `job`, struct conf_queue
 * for `queue` and struct conf for all others.  The section of a built-in also takes those options
 * of `program` that are marked builtin; they belong to its struct conf_program.
 */
struct conf_section {
	const char *name;                  /* "" for the top level */
	bool titled;                       /* program NAME { }, may occur several times */
	bool builtin;                      /* scheduler, runner, logger */
	const struct conf_option *options; /* ends with a NULL name */
	const char *summary;
	const struct conf_objects *objects; /* of a titled one */
};

/*
 * A section inside another, job NAME { mail { subject = x } }.  Its options stand in the table of
 * that other one, because they are fields of the same struct: "mail.subject".
 */
struct conf_nested {
	const char *name;
	const char *parent; /* the section that it stands in */
	const char *summary;
};
#define CONF_NESTED_COUNT 4

extern const struct conf_section conf_sections[]; /* ends with a NULL name */
extern const struct conf_nested conf_nested[];    /* the same */
/* What the structs hold besides their options: names, positions, jobd's own log. */
extern const struct conf_option conf_hidden_options[], conf_program_hidden_options[],
    conf_job_hidden_options[], conf_queue_hidden_options[], conf_webhook_hidden_options[],
    conf_outbox_hidden_options[], conf_alert_hidden_options[], conf_notify_hidden_options[];

const struct conf_section *conf_section_find(const char *name);
/* Looks in the section's own options, then, for a built-in, in those of `program`. */
const struct conf_option *conf_option_find(const struct conf_section *, const char *name);
/* NULL if the section has none of that name. */
const struct conf_nested *conf_nested_find(const struct conf_section *, const char *name);
/* The option by its name inside the nested section, or NULL. */
const struct conf_option *conf_nested_option_find(const struct conf_nested *, const char *name);
/* What it is called inside the nested section; NULL if it does not belong there. */
const char *conf_nested_option_name(const struct conf_nested *, const struct conf_option *);
/* True if the option is one of `program`, not of the section itself. */
bool conf_option_is_program(const struct conf_option *);
/* True if both structs of this section hold the same value of the option. */
bool conf_option_equal(const struct conf_option *, const void *one, const void *other);

#endif
