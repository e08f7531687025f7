#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/object.h"
#include "conf/snapshot.h"
#include "conf/value.h"

struct reader {
	const char *at, *end;
	int64_t line;
	char *error;
	size_t error_size;
};

typedef int field_reader(struct reader *, const struct conf_option *, void *base);

static field_reader read_string, read_bool, read_int, read_float, read_list, read_int_list,
    read_ready, read_rate;
static int refuse(struct reader *, const char *what);
static int expect(struct reader *, const char *text);
static bool starts_with(const struct reader *, const char *text);
static int hex_digit(char);
static char read_byte(struct reader *, const char *close);
static char *read_text(struct reader *);
static int read_number(struct reader *, int64_t *number);
static int read_table(struct reader *, const struct conf_option *, void *base);
static int read_object(struct reader *, const struct conf_section *, struct conf *);
static int read_objects(struct reader *, const struct conf_section *, struct conf *);
static int read_all(struct reader *, struct conf *);

static field_reader *const readers[] = {
	[CONF_TYPE_STRING] = read_string,
	[CONF_TYPE_BOOL] = read_bool,
	[CONF_TYPE_INT] = read_int,
	[CONF_TYPE_FLOAT] = read_float,
	[CONF_TYPE_DURATION] = read_int,
	[CONF_TYPE_SIZE] = read_int,
	[CONF_TYPE_MODE] = read_int,
	[CONF_TYPE_SIGNAL] = read_int,
	[CONF_TYPE_WORD] = read_int,
	[CONF_TYPE_LIST] = read_list,
	[CONF_TYPE_INT_LIST] = read_int_list,
	[CONF_TYPE_READY] = read_ready,
	[CONF_TYPE_RATE] = read_rate,
};

static int
refuse(struct reader *reader, const char *what)
{
	snprintf(reader->error, reader->error_size, "configuration snapshot, line %" PRId64 ": %s",
	    reader->line, what);
	return -1;
}

static bool
starts_with(const struct reader *reader, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, text, len) == 0;
}

static int
expect(struct reader *reader, const char *text)
{
	char what[128];

	if (!starts_with(reader, text)) {
		snprintf(what, sizeof(what), "'%.*s' is missing", (int)strcspn(text, "\n"), text);
		return refuse(reader, what);
	}
	reader->at += strlen(text);
	if (text[0] != '\0' && text[strlen(text) - 1] == '\n')
		reader->line++;
	return 0;
}

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The next byte of a string that goes on up to `close`, or NUL if it is not written as it must be.
 */
static char
read_byte(struct reader *reader, const char *close)
{
	const char *at = reader->at;
	char byte;

	if (snapshot_is_plain(*at)) {
		reader->at++;
		return *at;
	}
	if (close - at < 4 || at[0] != '\\' || at[1] != 'x' || hex_digit(at[2]) == -1 ||
	    hex_digit(at[3]) == -1)
		return '\0';
	byte = (char)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
	reader->at += 4;
	return snapshot_is_plain(byte) ? '\0' : byte;
}

/* A quoted string, allocated; NULL with the error set. */
static char *
read_text(struct reader *reader)
{
	const char *close;
	char *text, *out;

	if (expect(reader, "\"") == -1)
		return NULL;
	close = memchr(reader->at, '"', (size_t)(reader->end - reader->at));
	if (close == NULL || (text = malloc((size_t)(close - reader->at) + 1)) == NULL) {
		refuse(reader, close == NULL ? "a string has no end" : "out of memory");
		return NULL;
	}
	for (out = text; reader->at < close; out++) {
		if ((*out = read_byte(reader, close)) == '\0') {
			refuse(reader, "a string has a bad escape or byte");
			free(text);
			return NULL;
		}
	}
	*out = '\0';
	reader->at++;
	return text;
}

/* Decimal, with a sign in front of negative ones only, and never more digits than needed. */
static int
read_number(struct reader *reader, int64_t *number)
{
	char digits[32], again[32];
	const char *errstr;
	size_t len = 0;

	while (reader->at + len < reader->end && len < sizeof(digits) - 1 &&
	       memchr("-0123456789", reader->at[len], 11) != NULL) {
		digits[len] = reader->at[len];
		len++;
	}
	digits[len] = '\0';
	if (text_to_int(digits, INT64_MIN, INT64_MAX, number, &errstr) == -1)
		return refuse(reader, "a number is missing or wrong");
	snprintf(again, sizeof(again), "%" PRId64, *number);
	if (strcmp(again, digits) != 0)
		return refuse(reader, "a number is not in its short form");
	reader->at += len;
	return 0;
}

static int
read_string(struct reader *reader, const struct conf_option *option, void *base)
{
	char **field = FIELD(option, base, char *);
	char *text;

	if (expect(reader, " ") == -1 || (text = read_text(reader)) == NULL)
		return -1;
	value_text_free(*field);
	*field = value_text_take(text);
	return 0;
}

static int
read_bool(struct reader *reader, const struct conf_option *option, void *base)
{
	bool value = starts_with(reader, " 1");

	*FIELD(option, base, bool) = value;
	return expect(reader, value ? " 1" : " 0");
}

static int
read_int(struct reader *reader, const struct conf_option *option, void *base)
{
	int64_t number, words = 0;

	if (expect(reader, " ") == -1 || read_number(reader, &number) == -1)
		return -1;
	/* Readers index tables with words. */
	if (option->type == CONF_TYPE_WORD) {
		while (option->words[words] != NULL)
			words++;
		if (number < 0 || number >= words)
			return refuse(reader, "a word's number is out of range");
	}
	*FIELD(option, base, int64_t) = number;
	return 0;
}

static int
read_float(struct reader *reader, const struct conf_option *option, void *base)
{
	char digits[64], again[64];
	double number;
	size_t len = 0;

	if (expect(reader, " ") == -1)
		return -1;
	while (
	    reader->at + len < reader->end && len < sizeof(digits) - 1 && reader->at[len] != '\n') {
		digits[len] = reader->at[len];
		len++;
	}
	digits[len] = '\0';
	number = strtod(digits, NULL);
	snprintf(again, sizeof(again), "%a", number);
	if (strlen(again) != len || memcmp(again, digits, len) != 0)
		return refuse(reader, "a number is wrong");
	*FIELD(option, base, double) = number;
	reader->at += len;
	return 0;
}

static int
read_list(struct reader *reader, const struct conf_option *option, void *base)
{
	char ***field = FIELD(option, base, char **);
	size_t count = 0;

	value_list_free(*field);
	*field = value_list_copy(NULL, 0);
	while (starts_with(reader, " ")) {
		char **more = reallocarray(count == 0 ? NULL : *field, count + 2, sizeof(*more));

		if (more == NULL)
			return refuse(reader, "out of memory");
		*field = more;
		reader->at++;
		more[count] = read_text(reader);
		more[count + 1] = NULL;
		if (more[count++] == NULL)
			return -1;
	}
	return 0;
}

static int
read_int_list(struct reader *reader, const struct conf_option *option, void *base)
{
	size_t *count = COUNT(option, base);
	int64_t **field = FIELD(option, base, int64_t *);

	*count = 0;
	while (starts_with(reader, " ")) {
		int64_t *more = reallocarray(*field, *count + 2, sizeof(*more));

		if (more == NULL)
			return refuse(reader, "out of memory");
		*field = more;
		reader->at++;
		if (read_number(reader, &more[*count]) == -1)
			return -1;
		more[++*count] = 0;
	}
	return 0;
}

static int
read_ready(struct reader *reader, const struct conf_option *option, void *base)
{
	struct conf_program *program = base;
	char *address;

	(void)option;
	if (expect(reader, " ") == -1 || read_number(reader, &program->ready) == -1 ||
	    expect(reader, " ") == -1 || read_number(reader, &program->ready_value) == -1 ||
	    expect(reader, " ") == -1 || (address = read_text(reader)) == NULL)
		return -1;
	value_text_free(program->ready_address);
	program->ready_address = value_text_take(address);
	if (program->ready < CONF_READY_SECONDS || program->ready > CONF_READY_CHECK)
		return refuse(reader, "a kind of readiness is out of range");
	return 0;
}

static int
read_rate(struct reader *reader, const struct conf_option *option, void *base)
{
	if (expect(reader, " ") == -1 || read_number(reader, FIELD(option, base, int64_t)) == -1 ||
	    expect(reader, " ") == -1 || read_number(reader, PERIOD(option, base)) == -1)
		return -1;
	/* Readers divide by it. */
	return *PERIOD(option, base) > 0 ? 0 : refuse(reader, "a time is out of range");
}

static int
read_table(struct reader *reader, const struct conf_option *option, void *base)
{
	for (; option->name != NULL; option++)
		if (expect(reader, option->name) == -1 ||
		    readers[option->type](reader, option, base) == -1 || expect(reader, "\n") == -1)
			return -1;
	return 0;
}

static int
read_object(struct reader *reader, const struct conf_section *section, struct conf *conf)
{
	void *object = conf_add(conf, section);
	const struct conf_program *program = object;

	if (object == NULL)
		return refuse(reader, "out of memory");
	if (read_table(reader, section->objects->hidden, object) == -1 ||
	    read_table(reader, section->options, object) == -1)
		return -1;
	if (strcmp(section->name, "program") == 0 &&
	    (program->role < CONF_ROLE_USER || program->role > CONF_ROLE_OUTBOX))
		return refuse(reader, "a role is out of range");
	return 0;
}

static int
read_objects(struct reader *reader, const struct conf_section *section, struct conf *conf)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "%s\n", section->name);
	while (starts_with(reader, begin))
		if (expect(reader, begin) == -1 || read_object(reader, section, conf) == -1)
			return -1;
	return 0;
}

static int
read_all(struct reader *reader, struct conf *conf)
{
	if (expect(reader, SNAPSHOT_FIRST_LINE) == -1 ||
	    read_table(reader, conf_hidden_options, conf) == -1)
		return -1;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled && read_table(reader, section->options, conf) == -1)
			return -1;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (section->titled && read_objects(reader, section, conf) == -1)
			return -1;
	if (expect(reader, "end\n") == -1)
		return -1;
	return reader->at == reader->end ? 0 : refuse(reader, "there is text behind the end");
}

struct conf *
conf_snapshot_read(const char *text, size_t len, char *error, size_t error_size)
{
	struct reader reader = {
		.at = text, .end = text + len, .line = 1, .error = error, .error_size = error_size
	};
	struct conf *conf = conf_new();

	if (conf == NULL) {
		refuse(&reader, "out of memory");
		return NULL;
	}
	if (read_all(&reader, conf) == -1) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}
