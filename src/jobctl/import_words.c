#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "jobctl/import_words.h"

static bool is_interpreter(const char *word, size_t len);
static const char *next_word(const char *at, size_t *len);

/* What jobd splits into other words than a shell: see text_split_command(). */
bool
import_needs_shell(const char *command)
{
	char quote_mark = '\0';
	size_t first = strcspn(command, " \t");
	const char *equals = memchr(command, '=', first);

	if (equals != NULL && import_is_variable(command, (size_t)(equals - command)))
		return true;
	for (const char *at = command; *at != '\0'; at++) {
		if (quote_mark == '\'') {
			quote_mark = *at == '\'' ? '\0' : quote_mark;
		} else if (*at == '$' || *at == '`') {
			return true;
		} else if (*at == '\\' && at[1] != '\0') {
			if (quote_mark == '"' && strchr("\"\\", at[1]) == NULL)
				return true;
			at++;
		} else if (quote_mark == '"') {
			quote_mark = *at == '"' ? '\0' : quote_mark;
		} else if (*at == '"' || *at == '\'') {
			quote_mark = *at;
		} else if (strchr("|&;<>()*?[]{}~#!", *at) != NULL) {
			return true;
		}
	}
	return false;
}

/*
 * The first word that is no option, no setting, no path to an interpreter, without its directory
 * and its ending.
 */
void
import_name_of(const char *command, char *name, size_t size)
{
	const char *word, *best = "job";
	size_t len, best_len = 3;

	for (word = next_word(command, &len); len > 0; word = next_word(word + len, &len)) {
		const char *slash = memrchr(word, '/', len);
		const char *base = slash == NULL ? word : slash + 1;
		size_t base_len = len - (size_t)(base - word);
		const char *dot = memrchr(base, '.', base_len);

		if (base_len == 0 || !isalpha((unsigned char)base[0]) ||
		    memchr(base, '=', base_len) != NULL)
			continue;
		if (dot != NULL && word - command >= 3 && strncmp(word - 3, "-m ", 3) == 0) {
			base_len -= (size_t)(dot + 1 - base); /* python3 -m app.report */
			base = dot + 1;
		} else if (dot != NULL && dot > base) {
			base_len = (size_t)(dot - base);
		}
		best = base;
		best_len = base_len;
		if (!is_interpreter(base, base_len))
			break;
	}
	snprintf(name, size, "%.*s", (int)best_len, best);
}

static const char *
next_word(const char *at, size_t *len)
{
	static const char between[] = " \t\"'();&|<>";

	at += strspn(at, between);
	*len = strcspn(at, between);
	return at;
}

static bool
is_interpreter(const char *word, size_t len)
{
	static const char *const words[] = { "RANDOM", "bash", "bin", "bundle", "cd", "deno", "env",
		"exec", "flock", "ionice", "java", "nice", "node", "npm", "npx", "perl", "php",
		"pnpm", "poetry", "python", "python2", "python3", "rails", "rake", "ruby", "run",
		"sh", "sleep", "sudo", "test", "time", "timeout", "uv", "yarn", "zsh" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && strncmp(words[i], word, len) == 0)
			return true;
	return false;
}

char *
import_line(char **text)
{
	char *line = *text, *end;

	if (line == NULL || line[0] == '\0')
		return NULL;
	end = line + strcspn(line, "\n");
	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

char *
import_trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
	return text;
}

bool
import_is_variable(const char *name, size_t len)
{
	if (len == 0 || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}
