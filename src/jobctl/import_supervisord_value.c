#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jobctl/import_supervisord.h"
#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

#define VARIABLES_MAX 64

static const char *expand_name(struct import *, FILE *, const char *section, const char *at);
static bool is_one_of(const char *value, const char *const *words);
static char *cut_value(char **at);

static const char *const yes[] = { "true", "yes", "on", "1", NULL };
static const char *const no[] = { "false", "no", "off", "0", NULL };

char *
import_expand(struct import *import, const char *section, const char *value)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL) {
		import->failed = true;
		return NULL;
	}
	for (const char *at = value; *at != '\0'; at++) {
		if (at[0] == '%' && at[1] == '%')
			fputc(*at++, file);
		else if (at[0] == '%' && at[1] == '(')
			at = expand_name(import, file, section, at);
		else
			fputc(*at, file);
	}
	if (fclose(file) == 0)
		return text;
	import->failed = true;
	free(text);
	return NULL;
}

/* "%(name)s", or with another conversion; returns its last byte. */
static const char *
expand_name(struct import *import, FILE *file, const char *section, const char *at)
{
	const char *name = at + 2, *close = strchr(name, ')');
	const char *end = close == NULL ? NULL : close + 1 + strspn(close + 1, "0123456789");
	size_t len = close == NULL ? 0 : (size_t)(close - name);

	if (end == NULL || *end == '\0') {
		fputc(*at, file);
		return at;
	}
	if (strncmp(name, "ENV_", 4) == 0)
		fprintf(file, "%c%.*s%c", IMPORT_VARIABLE_BEGIN, (int)len - 4, name + 4,
		    IMPORT_VARIABLE_END);
	else if (strncmp(name, "program_name)", 13) == 0 || strncmp(name, "group_name)", 11) == 0)
		fputs(section, file);
	else if (strncmp(name, "here)", 5) == 0)
		fputs(import->here, file);
	else {
		import_look(import,
		    "%.*s: in the program's environment are JOBD_PROGRAM and "
		    "JOBD_INSTANCE, which counts from 1",
		    (int)(end + 1 - at), at);
		fprintf(file, "%.*s", (int)(end + 1 - at), at);
	}
	return end;
}

void
import_value_text(struct import *import, const char *option, const char *value)
{
	if (value[0] != '\0')
		import_text(import, option, value);
}

void
import_value_word(struct import *import, const char *option, const char *value)
{
	if (value[0] != '\0' && strspn(value, "-0123456789") == strlen(value))
		import_word(import, option, value);
	else
		import_value_text(import, option, value);
}

void
import_value_boolean(struct import *import, const char *option, const char *value)
{
	if (is_one_of(value, yes) || is_one_of(value, no))
		import_word(import, option, is_one_of(value, yes) ? "true" : "false");
	else
		import_value_text(import, option, value);
}

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasecmp(value, *words) == 0)
			return true;
	return false;
}

void
import_value_seconds(struct import *import, const char *option, const char *value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ss", value);
	import_word(import, option, text);
}

/* "50MB": ours have one letter. */
void
import_value_size(struct import *import, const char *option, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	char text[32];

	snprintf(text, sizeof(text), "%.*s%.1s", (int)digits, value, value + digits);
	for (char *at = text; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	import_word(import, option, text);
}

void
import_value_codes(struct import *import, const char *option, const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "{ %s }", value);
	import_word(import, option, text);
}

void
import_value_signal(struct import *import, const char *option, const char *value)
{
	char text[16];
	size_t i = 0;

	for (; value[i] != '\0' && i + 1 < sizeof(text); i++)
		text[i] = (char)toupper((unsigned char)value[i]);
	text[i] = '\0';
	import_word(import, option, strncmp(text, "SIG", 3) == 0 ? text + 3 : text);
}

void
import_value_restart(struct import *import, const char *option, const char *value)
{
	import_word(import, option,
	    is_one_of(value, yes)  ? "always"
	    : is_one_of(value, no) ? "never"
				   : "on_failure");
}

/* What goes to the container's output goes there anyway. */
void
import_value_log(struct import *import, const char *option, const char *value)
{
	if (strcasecmp(value, "auto") == 0)
		return;
	if (strcasecmp(value, "none") == 0 || strcasecmp(value, "off") == 0 ||
	    strncmp(value, "/dev/", 5) == 0 || strncmp(value, "/proc/", 6) == 0)
		import_word(import, option, "none");
	else if (strcasecmp(value, "syslog") == 0)
		import_word(import, "log_to_syslog", "true");
	else
		import_text(import, option, value);
}

void
import_value_syslog(struct import *import, const char *option, const char *value)
{
	if (is_one_of(value, yes))
		import_word(import, option, "true");
}

void
import_value_group(struct import *import, const char *option, const char *value)
{
	if (is_one_of(value, yes))
		import_word(import, option, "group");
}

/* A="1",B='2', with blanks or line ends where one likes. */
void
import_value_environment(struct import *import, const char *option, const char *value)
{
	struct import_variable variables[VARIABLES_MAX + 1] = {
		{NULL, NULL}
	};
	size_t count = 0;
	char *copy = strdup(value), *at = copy;

	(void)option;
	if (copy == NULL)
		import->failed = true;
	while (copy != NULL && *(at += strspn(at, ", \t")) != '\0' && count < VARIABLES_MAX) {
		char *equals = strchr(at, '='), *name = at;

		if (equals == NULL) {
			import_look(import, "environment: no NAME=VALUE: %s", at);
			break;
		}
		*equals = '\0';
		at = equals + 1;
		variables[count++] = (struct import_variable){ import_trim(name), cut_value(&at) };
	}
	import_variables(import, variables);
	free(copy);
}

/* In quotes, or up to the next comma; *at is what follows. */
static char *
cut_value(char **at)
{
	char *value = *at + strspn(*at, " \t"), *end;

	if (*value == '"' || *value == '\'') {
		end = strchr(value + 1, *value);
		value++;
	} else {
		end = value + strcspn(value, ", \t");
	}
	if (end == NULL)
		end = value + strlen(value);
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return value;
}

void
import_value_level(struct import *import, const char *option, const char *value)
{
	static const char *const words[][2] = {
		{"critical", "error"  },
                { "error",   "error"  },
                { "warn",    "warning"},
		{ "info",    "info"   }
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i][0]) == 0) {
			import_word(import, option, words[i][1]);
			return;
		}
	import_word(import, option, "debug");
}

/* As descriptor 0 there, from descriptor 3 on with LISTEN_FDS here. */
void
import_value_socket(struct import *import, const char *option, const char *value)
{
	import_look(
	    import, "the socket is passed on as descriptor 3 and LISTEN_FDS, not as descriptor 0");
	if (strncmp(value, "unix://", 7) == 0) {
		char text[256];

		snprintf(text, sizeof(text), "unix:%s", value + 7);
		import_text(import, option, text);
	} else {
		import_text(import, option, value);
	}
}

void
import_value_look(struct import *import, const char *option, const char *value)
{
	import_look(import, "%s=%s", option, value);
}
