#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/lexer.h"

/* Bounds for hostile files and variables; far above what anybody writes. */
#define STRING_MAX (64 * 1024)
#define OUT_MAX    (8 * 1024 * 1024)

static const struct {
	char symbol;
	enum token_kind kind;
} symbols[] = {
	{'{',  TOKEN_OPEN       },
	{ '}', TOKEN_CLOSE      },
	{ '(', TOKEN_PAREN_OPEN },
	{ ')', TOKEN_PAREN_CLOSE},
	{ '=', TOKEN_EQUALS     },
	{ ',', TOKEN_COMMA      },
};

static void out_put(struct lexer *, const char *data, size_t len);
static void out_escaped(struct lexer *, const char *data, size_t len);
static void bad(struct lexer *, int64_t line, const char *what);
static bool at_text(const struct lexer *, const char *text);
static void skip_line(struct lexer *);
static void skip_comment(struct lexer *);
static void skip_blanks(struct lexer *);
static void expand(struct lexer *);
static void escape(struct lexer *);
static size_t numeric_escape_len(const char *at, const char *end);
static void single_quoted(struct lexer *);
static void double_quoted(struct lexer *);
static void string_token(struct lexer *, struct token *);
static bool is_word_byte(const struct lexer *, const char *at);
static void word_token(struct lexer *, struct token *);
static bool symbol_token(struct lexer *, struct token *);

void
lexer_begin(
    struct lexer *lexer, const char *file, const char *text, size_t len, struct errors *errors)
{
	*lexer = (struct lexer){
		.file = file, .at = text, .end = text + len, .line = 1, .errors = errors
	};
	if (at_text(lexer, "\xef\xbb\xbf")) /* the byte order mark of some editors */
		lexer->at += 3;
}

static void
out_put(struct lexer *lexer, const char *data, size_t len)
{
	if (lexer->bad || len == 0)
		return;
	if (lexer->out_len + len > lexer->out_size) {
		size_t size = (lexer->out_len + len) * 2 + 4096;
		char *more = size > OUT_MAX ? NULL : realloc(lexer->out, size);

		if (more == NULL) {
			bad(lexer, lexer->line,
			    "the file is too long when its variables are expanded");
			return;
		}
		lexer->out = more;
		lexer->out_size = size;
	}
	memcpy(lexer->out + lexer->out_len, data, len);
	lexer->out_len += len;
}

/* Inside double quotes: nothing in it means anything to libconfuse. */
static void
out_escaped(struct lexer *lexer, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			out_put(lexer, "\\n", 2);
			continue;
		}
		if (memchr("\"\\$", data[i], 3) != NULL)
			out_put(lexer, "\\", 1);
		out_put(lexer, data + i, 1);
	}
}

static void
bad(struct lexer *lexer, int64_t line, const char *what)
{
	if (!lexer->bad)
		errors_add(lexer->errors, lexer->file, line, "%s", what);
	lexer->bad = true;
	lexer->at = lexer->end;
}

static bool
at_text(const struct lexer *lexer, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(lexer->end - lexer->at) >= len && memcmp(lexer->at, text, len) == 0;
}

static void
skip_line(struct lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n')
		lexer->at++;
}

static void
skip_comment(struct lexer *lexer)
{
	int64_t line = lexer->line;

	for (lexer->at += 2; lexer->at < lexer->end; lexer->at++) {
		if (at_text(lexer, "*/")) {
			lexer->at += 2;
			return;
		}
		if (*lexer->at == '\n') {
			lexer->line++;
			out_put(lexer, "\n", 1);
		}
	}
	bad(lexer, line, "the comment that begins here has no '*/'");
}

static void
skip_blanks(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		if (*lexer->at == '\n') {
			lexer->line++;
			out_put(lexer, "\n", 1);
			lexer->at++;
		} else if (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r') {
			lexer->at++;
		} else if (*lexer->at == '#' || at_text(lexer, "//")) {
			skip_line(lexer);
		} else if (at_text(lexer, "/*")) {
			skip_comment(lexer);
		} else {
			return;
		}
	}
}

/* ${NAME} or ${NAME:-default}, as in the shell: the default also stands for an empty value. */
static void
expand(struct lexer *lexer)
{
	const char *start = lexer->at + 2, *at = start, *close, *value;
	char name[128];

	while (at < lexer->end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	for (close = at; close < lexer->end && memchr("}\"\n", *close, 3) == NULL; close++)
		continue;
	if (close == lexer->end || *close != '}' || at == start || isdigit((unsigned char)*start) ||
	    (size_t)(at - start) >= sizeof(name) ||
	    (at != close && (close - at < 2 || at[0] != ':' || at[1] != '-'))) {
		bad(lexer, lexer->line,
		    "'${' is not written ${NAME} or ${NAME:-default}; for the characters "
		    "themselves "
		    "write \\${ or use single quotes");
		return;
	}
	memcpy(name, start, (size_t)(at - start));
	name[at - start] = '\0';
	value = getenv(name);
	lexer->at = close + 1;
	if (at != close && (value == NULL || value[0] == '\0'))
		out_escaped(lexer, at + 2, (size_t)(close - at - 2));
	else if (value != NULL)
		out_escaped(lexer, value, strlen(value));
	else
		errors_add(lexer->errors, lexer->file, lexer->line,
		    "the environment variable '%s' is not set; ${%s:-} allows that", name, name);
}

/* Its value, 16 if it is none. */
static int
digit_value(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	return isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10 : 16;
}

/* The length of \ooo or \xhh; 0 if it is wrong, or would be a NUL byte. */
static size_t
numeric_escape_len(const char *at, const char *end)
{
	const int base = at[1] == 'x' ? 16 : 8;
	const size_t most = 4;
	size_t len = base == 16 ? 2 : 1;
	int value = 0;

	for (; len < most && at + len < end && digit_value(at[len]) < base; len++)
		value = value * base + digit_value(at[len]);
	if (base == 8 && at + len < end && isdigit((unsigned char)at[len]))
		return 0;
	return value > 0 && value < 256 ? len : 0;
}

/* A backslash inside double quotes; libconfuse knows what the escapes mean. */
static void
escape(struct lexer *lexer)
{
	size_t len = 2;

	if (lexer->end - lexer->at < 2) {
		lexer->at = lexer->end;
		return;
	}
	if (lexer->at[1] == 'x' || isdigit((unsigned char)lexer->at[1])) {
		len = numeric_escape_len(lexer->at, lexer->end);
		if (len == 0) {
			bad(lexer, lexer->line,
			    "a backslash is followed by a number that is no byte");
			return;
		}
	}
	if (lexer->at[1] == '\n')
		lexer->line++;
	out_put(lexer, lexer->at, len);
	lexer->at += len;
}

static void
double_quoted(struct lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '"') {
		if (*lexer->at == '\\') {
			escape(lexer);
		} else if (at_text(lexer, "${")) {
			expand(lexer);
		} else {
			lexer->line += *lexer->at == '\n';
			out_put(lexer, lexer->at++, 1);
		}
	}
}

static void
single_quoted(struct lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\'') {
		size_t len = *lexer->at == '\\' && lexer->end - lexer->at > 1 ? 2 : 1;

		lexer->line += lexer->at[len - 1] == '\n';
		out_put(lexer, lexer->at, len);
		lexer->at += len;
	}
}

static void
string_token(struct lexer *lexer, struct token *token)
{
	const char quote = *lexer->at++;

	token->kind = TOKEN_STRING;
	token->text = lexer->at;
	out_put(lexer, &quote, 1);
	if (quote == '"')
		double_quoted(lexer);
	else
		single_quoted(lexer);
	if (lexer->bad)
		return;
	if (lexer->at == lexer->end) {
		bad(lexer, token->line, "the string that begins here has no end");
		return;
	}
	token->len = (size_t)(lexer->at - token->text);
	out_put(lexer, lexer->at++, 1);
	if (lexer->out_len - token->out > STRING_MAX)
		bad(lexer, token->line, "a string is longer than 64 KB");
}

static bool
is_word_byte(const struct lexer *lexer, const char *at)
{
	if (at >= lexer->end || (unsigned char)*at <= ' ' || *at == 0x7f)
		return false;
	if (*at == '+')
		return at + 1 >= lexer->end || at[1] != '=';
	return strchr("#\"'={}(),\\$", *at) == NULL;
}

static void
word_token(struct lexer *lexer, struct token *token)
{
	token->kind = TOKEN_WORD;
	token->text = lexer->at;
	while (is_word_byte(lexer, lexer->at))
		lexer->at++;
	token->len = (size_t)(lexer->at - token->text);
	if (lexer->at < lexer->end && (*lexer->at == '$' || *lexer->at == '\\')) {
		bad(lexer, token->line, "'$' and '\\' need quotes around the value");
	} else if (token->len == 0) {
		bad(lexer, token->line, "a control character stands here: is this a text file?");
	} else if (token->len > STRING_MAX) {
		bad(lexer, token->line, "a word is longer than 64 KB");
	}
	out_put(lexer, "\"", 1);
	out_escaped(lexer, token->text, token->len);
	out_put(lexer, "\"", 1);
}

static bool
symbol_token(struct lexer *lexer, struct token *token)
{
	size_t len = 0;

	if (at_text(lexer, "+=")) {
		token->kind = TOKEN_APPEND;
		len = 2;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (*lexer->at == symbols[i].symbol) {
			token->kind = symbols[i].kind;
			len = 1;
		}
	}
	token->text = lexer->at;
	token->len = len;
	out_put(lexer, lexer->at, len);
	lexer->at += len;
	return len > 0;
}

struct token
lexer_next(struct lexer *lexer)
{
	struct token token = { .kind = TOKEN_END, .text = "" };

	skip_blanks(lexer);
	token.line = lexer->line;
	token.out = lexer->out_len;
	if (lexer->at < lexer->end && !symbol_token(lexer, &token)) {
		if (*lexer->at == '"' || *lexer->at == '\'')
			string_token(lexer, &token);
		else
			word_token(lexer, &token);
	}
	out_put(lexer, " ", 1);
	if (lexer->bad)
		token.kind = TOKEN_BAD;
	return token;
}

void
lexer_blank(struct lexer *lexer, size_t from, size_t to)
{
	for (; from < to; from++)
		if (lexer->out[from] != '\n')
			lexer->out[from] = ' ';
}
