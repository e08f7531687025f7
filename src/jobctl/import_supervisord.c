#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jobctl/import_supervisord.h"
#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

#define PAIRS_MAX 64

/* One section as configparser reads it. */
struct section {
	char *kind, *name; /* "program" and "web" of [program:web] */
	struct import_pair pairs[PAIRS_MAX + 1];
	size_t count;
};

static void read_line(struct import *, struct section *, char *line);
static void begin_section(struct section *, char *line);
static void add_pair(struct import *, struct section *, char *line);
static void continue_pair(struct import *, struct section *, const char *line);
static void cut_comment(char *line);
static void end_section(struct import *, struct section *);

static const struct {
	const char *kind;
	void (*write)(struct import *, const char *name, const struct import_pair *);
} kinds[] = {
	{"program",           import_supervisord_program },
	{ "fcgi-program",     import_supervisord_program },
	{ "supervisord",      import_supervisord_daemon  },
	{ "inet_http_server", import_supervisord_http    },
	{ "include",          import_supervisord_include },
	{ "eventlistener",    import_supervisord_listener},
	{ "group",            import_supervisord_group   },
 /* What only says where the sockets are. */
	{ "unix_http_server", NULL                       },
	{ "supervisorctl",    NULL                       },
	{ "rpcinterface",     NULL                       },
	{ "ctlplugin",        NULL                       },
};

void
import_supervisord(struct import *import, char *text)
{
	struct section section = { 0 };
	char *line;

	while ((line = import_line(&text)) != NULL)
		read_line(import, &section, line);
	end_section(import, &section);
}

static void
read_line(struct import *import, struct section *section, char *line)
{
	bool is_indented = line[0] == ' ' || line[0] == '\t';

	cut_comment(line);
	line = import_trim(line);
	if (line[0] == '\0')
		return;
	if (line[0] == '[' && strchr(line, ']') != NULL && !is_indented) {
		end_section(import, section);
		begin_section(section, line + 1);
	} else if (is_indented && section->count > 0) {
		continue_pair(import, section, line);
	} else {
		add_pair(import, section, line);
	}
}

/* A whole line, or what stands behind a blank. */
static void
cut_comment(char *line)
{
	for (char *at = line; *at != '\0'; at++)
		if ((*at == ';' || *at == '#') && (at == line || at[-1] == ' ' || at[-1] == '\t')) {
			*at = '\0';
			return;
		}
}

static void
begin_section(struct section *section, char *line)
{
	char *colon;

	line[strcspn(line, "]")] = '\0';
	colon = strchr(line, ':');
	if (colon != NULL)
		*colon = '\0';
	*section = (struct section){ .kind = line, .name = colon == NULL ? line : colon + 1 };
}

static void
add_pair(struct import *import, struct section *section, char *line)
{
	char *end = line + strcspn(line, "=:"), *key, *value;

	if (*end == '\0' || section->kind == NULL || section->count == PAIRS_MAX) {
		import_look(import, "no line of KEY=VALUE in a section: %s", line);
		return;
	}
	*end = '\0';
	key = import_trim(line);
	for (char *at = key; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	value = strdup(import_trim(end + 1));
	if (value == NULL)
		import->failed = true;
	else
		section->pairs[section->count++] = (struct import_pair){ key, value };
}

/* An indented line goes on with the value above it. */
static void
continue_pair(struct import *import, struct section *section, const char *line)
{
	struct import_pair *pair = &section->pairs[section->count - 1];
	char *both = NULL;

	if (asprintf(&both, "%s%s%s", pair->value, pair->value[0] == '\0' ? "" : " ", line) == -1) {
		import->failed = true;
		return;
	}
	free(pair->value);
	pair->value = both;
}

static void
end_section(struct import *import, struct section *section)
{
	bool is_known = section->kind == NULL;

	for (size_t i = 0; section->kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, section->kind) != 0)
			continue;
		is_known = true;
		if (kinds[i].write != NULL)
			kinds[i].write(import, section->name, section->pairs);
	}
	if (!is_known)
		import_look(import, "the section [%s] is none of supervisord's", section->kind);
	for (size_t i = 0; i < section->count; i++)
		free(section->pairs[i].value);
	*section = (struct section){ 0 };
}

const char *
import_pair_find(const struct import_pair *pairs, const char *key)
{
	for (; pairs->key != NULL; pairs++)
		if (strcmp(pairs->key, key) == 0)
			return pairs->value;
	return NULL;
}
