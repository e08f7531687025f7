#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/object.h"
#include "conf/snapshot.h"
#include "conf/value.h"

typedef void field_writer(FILE *, const struct conf_option *, const void *base);

static field_writer write_string, write_bool, write_int, write_float, write_list, write_int_list,
    write_ready, write_rate;
static void write_text(FILE *, const char *text);
static void write_table(FILE *, const struct conf_option *, const void *base);
static void write_objects(FILE *, const struct conf_section *, const struct conf *);

static field_writer *const writers[] = {
	[CONF_TYPE_STRING] = write_string,
	[CONF_TYPE_BOOL] = write_bool,
	[CONF_TYPE_INT] = write_int,
	[CONF_TYPE_FLOAT] = write_float,
	[CONF_TYPE_DURATION] = write_int,
	[CONF_TYPE_SIZE] = write_int,
	[CONF_TYPE_MODE] = write_int,
	[CONF_TYPE_SIGNAL] = write_int,
	[CONF_TYPE_WORD] = write_int,
	[CONF_TYPE_LIST] = write_list,
	[CONF_TYPE_INT_LIST] = write_int_list,
	[CONF_TYPE_READY] = write_ready,
	[CONF_TYPE_RATE] = write_rate,
};

static void
write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (snapshot_is_plain(*text))
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
	}
	fputc('"', out);
}

static void
write_string(FILE *out, const struct conf_option *option, const void *base)
{
	fputc(' ', out);
	write_text(out, *CONST_FIELD(option, base, char *));
}

static void
write_bool(FILE *out, const struct conf_option *option, const void *base)
{
	fprintf(out, " %d", *CONST_FIELD(option, base, bool) ? 1 : 0);
}

static void
write_int(FILE *out, const struct conf_option *option, const void *base)
{
	fprintf(out, " %" PRId64, *CONST_FIELD(option, base, int64_t));
}

/* In hexadecimal, because that is exact. */
static void
write_float(FILE *out, const struct conf_option *option, const void *base)
{
	fprintf(out, " %a", *CONST_FIELD(option, base, double));
}

static void
write_list(FILE *out, const struct conf_option *option, const void *base)
{
	char *const *list = *CONST_FIELD(option, base, char **);

	for (; *list != NULL; list++) {
		fputc(' ', out);
		write_text(out, *list);
	}
}

static void
write_int_list(FILE *out, const struct conf_option *option, const void *base)
{
	const int64_t *list = *CONST_FIELD(option, base, int64_t *);
	size_t count = *CONST_COUNT(option, base);

	for (size_t i = 0; i < count; i++)
		fprintf(out, " %" PRId64, list[i]);
}

static void
write_ready(FILE *out, const struct conf_option *option, const void *base)
{
	const struct conf_program *program = base;

	(void)option;
	fprintf(out, " %" PRId64 " %" PRId64 " ", program->ready, program->ready_value);
	write_text(out, program->ready_address);
}

static void
write_rate(FILE *out, const struct conf_option *option, const void *base)
{
	fprintf(out, " %" PRId64 " %" PRId64, *CONST_FIELD(option, base, int64_t),
	    *CONST_PERIOD(option, base));
}

static void
write_table(FILE *out, const struct conf_option *option, const void *base)
{
	for (; option->name != NULL; option++) {
		fputs(option->name, out);
		writers[option->type](out, option, base);
		fputc('\n', out);
	}
}

static void
write_objects(FILE *out, const struct conf_section *section, const struct conf *conf)
{
	for (size_t i = 0; i < conf_count(conf, section); i++) {
		fprintf(out, "%s\n", section->name);
		write_table(out, section->objects->hidden, conf_object(conf, section, i));
		write_table(out, section->options, conf_object(conf, section, i));
	}
}

char *
conf_snapshot_write(const struct conf *conf, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool failed;

	if (out == NULL)
		return NULL;
	fputs(SNAPSHOT_FIRST_LINE, out);
	write_table(out, conf_hidden_options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled)
			write_table(out, section->options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (section->titled)
			write_objects(out, section, conf);
	fputs("end\n", out);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		errno = ENOMEM;
		return NULL;
	}
	return text;
}
