#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/lexer.h"
#include "conf/options_table.h"
#include "conf/scan.h"
#include "conf/unknown.h"
#include "conf/value.h"

/* libconfuse copies its whole table for each section. */
#define SECTIONS_MAX 4000
/* Of a word that is shown in an error. */
#define SHOWN_MAX 72

struct scan {
	struct lexer lexer;
	struct token token; /* the next one */
	struct blocks *blocks;
	struct errors *errors;
	const char *file;
	bool value_is_list; /* the last value had braces */
};

/* Where a statement stands.  Without a block its names are not looked at. */
struct place {
	size_t block;
	bool is_known;
	bool is_inside;                   /* of a section */
	const struct conf_nested *nested; /* the section in that section, or NULL */
};

static void next(struct scan *);
static bool is_text(const struct scan *);
static int refuse(struct scan *, const struct token *, const char *what);
static int out_of_memory(struct scan *);
static bool token_is(const struct token *, const char *text);
static int scan_statement(struct scan *, struct place);
static int scan_call(struct scan *, const struct token *name, struct place);
static int scan_assignment(struct scan *, const struct token *name, struct place);
static int scan_value(struct scan *);
static int scan_section(struct scan *, const struct token *name, struct place);
static int scan_nested(struct scan *, const struct token *name, struct place);
static int scan_body(struct scan *, const struct token *name, struct place);
static void copy_word(const struct token *, char word[SHOWN_MAX]);
static bool check_title(struct scan *, const struct conf_section *, const struct token *name,
    const struct token *title);
static int begin_section(
    struct scan *, const struct token *name, const struct token *title, struct place *inside);
static bool begin_nested(struct scan *, const struct token *name, struct place *inside);
static bool accept_setting(struct scan *, const struct token *name, bool append, struct place);
static const struct block_setting *find_setting(
    struct scan *, const struct block *, const struct conf_option *, const char **file);

static void
next(struct scan *scan)
{
	scan->token = lexer_next(&scan->lexer);
}

static bool
is_text(const struct scan *scan)
{
	return scan->token.kind == TOKEN_WORD || scan->token.kind == TOKEN_STRING;
}

/* The structure is not clear from here on: one error, and the rest of the file is not read. */
static int
refuse(struct scan *scan, const struct token *token, const char *what)
{
	int len = token->len > SHOWN_MAX ? SHOWN_MAX : (int)token->len;

	if (token->kind == TOKEN_END)
		errors_add(scan->errors, scan->file, token->line, "the file ends, but %s", what);
	else if (token->kind != TOKEN_BAD)
		errors_add(scan->errors, scan->file, token->line, "unexpected '%.*s': %s", len,
		    token->text, what);
	return -1;
}

static int
out_of_memory(struct scan *scan)
{
	errors_add(scan->errors, scan->file, 0, "out of memory");
	return -1;
}

static bool
token_is(const struct token *token, const char *text)
{
	return strlen(text) == token->len && memcmp(token->text, text, token->len) == 0;
}

static int
scan_statement(struct scan *scan, struct place place)
{
	const struct token name = scan->token;

	if (name.kind == TOKEN_WORD && name.text[0] == '[')
		return refuse(scan, &name, "a section is written 'program NAME { ... }'");
	if (name.kind == TOKEN_CLOSE)
		return refuse(scan, &name, "there is no section to close here");
	if (name.kind != TOKEN_WORD)
		return refuse(scan, &name, "an option or a section must stand here");
	next(scan);
	if (scan->token.kind == TOKEN_EQUALS || scan->token.kind == TOKEN_APPEND)
		return scan_assignment(scan, &name, place);
	if (scan->token.kind == TOKEN_PAREN_OPEN)
		return scan_call(scan, &name, place);
	if (scan->token.kind == TOKEN_OPEN || is_text(scan))
		return scan_section(scan, &name, place);
	if (scan->token.kind == TOKEN_BAD)
		return -1;
	return refuse(
	    scan, &name, "neither '=' nor '{' follows (a value with blanks needs quotes)");
}

/* include("...") is the only one; libconfuse calls us back with what stands in it. */
static int
scan_call(struct scan *scan, const struct token *name, struct place place)
{
	if (!token_is(name, "include"))
		return refuse(scan, name, "only include(\"FILE\") is written with parentheses");
	if (place.is_inside)
		return refuse(scan, name, "include(\"FILE\") must stand outside of sections");
	next(scan);
	if (!is_text(scan))
		return refuse(
		    scan, &scan->token, "include needs a file: include(\"conf.d/*.conf\")");
	next(scan);
	if (scan->token.kind != TOKEN_PAREN_CLOSE)
		return refuse(scan, &scan->token, "')' must follow the file of include");
	next(scan);
	return 0;
}

static int
scan_assignment(struct scan *scan, const struct token *name, struct place place)
{
	bool append = scan->token.kind == TOKEN_APPEND;

	next(scan);
	if (scan_value(scan) == -1)
		return -1;
	if (!place.is_known || !accept_setting(scan, name, append, place))
		lexer_blank(&scan->lexer, name->out, scan->token.out);
	return 0;
}

static int
scan_value(struct scan *scan)
{
	scan->value_is_list = scan->token.kind == TOKEN_OPEN;
	if (is_text(scan)) {
		next(scan);
		return 0;
	}
	if (!scan->value_is_list)
		return refuse(scan, &scan->token, "a value must stand here");
	do {
		next(scan);
		if (!is_text(scan))
			break;
		next(scan);
	} while (scan->token.kind == TOKEN_COMMA);
	if (scan->token.kind != TOKEN_CLOSE)
		return refuse(scan, &scan->token, "a list is written { \"one\", \"two\" }");
	next(scan);
	return 0;
}

static int
scan_section(struct scan *scan, const struct token *name, struct place place)
{
	struct place inside = { .is_known = false, .is_inside = true };
	struct token title = { .kind = TOKEN_END, .text = "" };

	if (place.is_inside)
		return scan_nested(scan, name, place);
	if (is_text(scan)) {
		title = scan->token;
		next(scan);
		if (scan->token.kind != TOKEN_OPEN)
			return refuse(
			    scan, &scan->token, "'{' must follow the name of the section");
	}
	if (begin_section(scan, name, &title, &inside) == -1)
		return -1;
	next(scan);
	if (scan_body(scan, name, inside) == -1)
		return -1;
	next(scan);
	if (!inside.is_known)
		lexer_blank(&scan->lexer, name->out, scan->token.out);
	return 0;
}

/* A section inside another.  One that can't be there is more likely a missing brace. */
static int
scan_nested(struct scan *scan, const struct token *name, struct place place)
{
	struct place inside = place;
	char word[SHOWN_MAX];

	copy_word(name, word);
	if (is_text(scan))
		return refuse(scan, name,
		    "'=' must follow (a value with blanks needs quotes; is a '}' missing?)");
	if (place.nested != NULL || conf_section_find(word) != NULL)
		return refuse(
		    scan, name, "a section can't stand inside another (is a '}' missing?)");
	inside.is_known = begin_nested(scan, name, &inside);
	next(scan);
	if (scan_body(scan, name, inside) == -1)
		return -1;
	next(scan);
	if (place.is_known && !inside.is_known)
		lexer_blank(&scan->lexer, name->out, scan->token.out);
	return 0;
}

static int
scan_body(struct scan *scan, const struct token *name, struct place inside)
{
	while (scan->token.kind != TOKEN_CLOSE) {
		if (scan->token.kind == TOKEN_END) {
			errors_add(scan->errors, scan->file, name->line,
			    "the section that begins here has no '}'");
			return -1;
		}
		if (scan_statement(scan, inside) == -1)
			return -1;
	}
	return 0;
}

/* The text of a token for messages and look-ups, cut off where it is longer than any valid word. */
static void
copy_word(const struct token *token, char word[SHOWN_MAX])
{
	size_t len = token->len < SHOWN_MAX ? token->len : SHOWN_MAX - 1;

	memcpy(word, token->text, len);
	word[len] = '\0';
}

/* Types of jobs may be named as classes are. */
static bool
is_title(const struct conf_section *section, const char *word)
{
	return section->options == conf_job_options ? text_is_type_name(word) : text_is_name(word);
}

/* Whether the section has a name where it must, none where it must not, and a good one. */
static bool
check_title(struct scan *scan, const struct conf_section *section, const struct token *name,
    const struct token *title)
{
	char word[SHOWN_MAX];

	if (section->titled != (title->kind != TOKEN_END)) {
		if (section->titled)
			errors_add(scan->errors, scan->file, name->line,
			    "section '%s' needs a name: %s NAME { ... }", section->name,
			    section->name);
		else
			errors_add(scan->errors, scan->file, name->line,
			    "section '%s' takes no name: %s { ... }", section->name, section->name);
		return false;
	}
	copy_word(title, word);
	if (section->titled && (strlen(word) != title->len || !is_title(section, word))) {
		errors_add(scan->errors, scan->file, title->line,
		    "%s '%s': a name is made of up to 64 letters, digits, '_', '-' and '.'%s",
		    section->name, word,
		    section->options == conf_job_options ? ", and ':' inside" : "");
		return false;
	}
	if (section->titled && strcmp(word, "all") == 0) {
		errors_add(scan->errors, scan->file, title->line,
		    "%s 'all': the name means all of them on command lines", section->name);
		return false;
	}
	return true;
}

/* Adds the section's block; one that is not right is read on, but not used. */
static int
begin_section(
    struct scan *scan, const struct token *name, const struct token *title, struct place *inside)
{
	const struct conf_section *section;
	const struct block *first;
	char word[SHOWN_MAX];

	copy_word(name, word);
	if ((section = conf_section_find(word)) == NULL || word[0] == '\0') {
		unknown_section(scan->errors, scan->file, name->line, word);
		return 0;
	}
	if (!check_title(scan, section, name, title))
		return 0;
	if ((first = blocks_find(scan->blocks, section, title->text, title->len)) != NULL) {
		errors_add(scan->errors, scan->file, name->line,
		    "%s '%.*s' is there twice; the first is at %s:%" PRId64,
		    section->titled ? section->name : "section",
		    (int)(section->titled ? title->len : name->len),
		    section->titled ? title->text : name->text, first->file, first->line);
		return 0;
	}
	if (scan->blocks->count >= SECTIONS_MAX)
		return refuse(scan, name, "there are too many sections");
	if (blocks_add(scan->blocks, section, title->text, title->len, scan->file, name->line) ==
	    NULL)
		return out_of_memory(scan);
	inside->block = scan->blocks->count - 1;
	inside->is_known = true;
	return 0;
}

/* Writes down that the section is there; false if it must not be. */
static bool
begin_nested(struct scan *scan, const struct token *name, struct place *inside)
{
	struct block *block;
	int64_t *line;
	char word[SHOWN_MAX];

	if (!inside->is_known)
		return false;
	copy_word(name, word);
	block = &scan->blocks->list[inside->block];
	if ((inside->nested = conf_nested_find(block->section, word)) == NULL) {
		unknown_nested(scan->errors, scan->file, name->line, block->section, word);
		return false;
	}
	line = &block->nested_lines[inside->nested - conf_nested];
	if (*line != 0) {
		errors_add(scan->errors, scan->file, name->line,
		    "section '%s' is there twice; the first is at %s:%" PRId64, word, block->file,
		    *line);
		return false;
	}
	*line = name->line;
	return true;
}

/* The same option set before: in this section, or, at the top level, in any file. */
static const struct block_setting *
find_setting(struct scan *scan, const struct block *block, const struct conf_option *option,
    const char **file)
{
	const struct block_setting *setting = block_find_setting(block, option);

	*file = block->file;
	if (setting != NULL || block->section->name[0] != '\0')
		return setting;
	for (size_t i = 0; i < scan->blocks->count && setting == NULL; i++) {
		const struct block *other = &scan->blocks->list[i];

		if (other->section == block->section) {
			*file = other->file;
			setting = block_find_setting(other, option);
		}
	}
	return setting;
}

/* Writes down that the option is set here; false if it must not be. */
static bool
accept_setting(struct scan *scan, const struct token *name, bool append, struct place place)
{
	struct block *block = &scan->blocks->list[place.block];
	const struct conf_option *option;
	const struct block_setting *first;
	const char *file;
	char word[SHOWN_MAX];

	copy_word(name, word);
	if (place.nested != NULL)
		option = conf_nested_option_find(place.nested, word);
	else
		option = strchr(word, '.') == NULL ? conf_option_find(block->section, word) : NULL;
	if (option == NULL) {
		unknown_option(
		    scan->errors, scan->file, name->line, block->section, place.nested, word);
		return false;
	}
	if ((append || scan->value_is_list) && !value_is_list(option)) {
		errors_add(scan->errors, scan->file, name->line,
		    "option '%s' takes one value, not a list", word);
		return false;
	}
	first = find_setting(scan, block, option, &file);
	if (first != NULL && append && file == block->file)
		return true;
	if (first != NULL) {
		errors_add(scan->errors, scan->file, name->line,
		    "option '%s' is set twice; the first time at %s:%" PRId64, word, file,
		    first->line);
		return false;
	}
	if (block_add_setting(block, option, name->line) == NULL) {
		out_of_memory(scan);
		return false;
	}
	return true;
}

char *
scan_text(
    const char *file, const char *text, size_t len, struct blocks *blocks, struct errors *errors)
{
	struct scan scan = { .blocks = blocks, .errors = errors, .file = file };
	struct place top = { .block = blocks->count, .is_known = true };
	char *out = NULL;

	if (blocks_add(blocks, conf_section_find(""), "", 0, file, 1) == NULL) {
		out_of_memory(&scan);
		return NULL;
	}
	lexer_begin(&scan.lexer, file, text, len, errors);
	next(&scan);
	while (scan.token.kind != TOKEN_END)
		if (scan_statement(&scan, top) == -1)
			goto done;
	if ((out = realloc(scan.lexer.out, scan.lexer.out_len + 1)) == NULL) {
		out_of_memory(&scan);
		goto done;
	}
	out[scan.lexer.out_len] = '\0';
	return out;
done:
	free(scan.lexer.out);
	return NULL;
}
