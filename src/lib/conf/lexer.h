/*
 * The words of a configuration file, one after the other, and at the same time the text that
 * libconfuse gets to read: comments are gone, ${NAME} is expanded, words are quoted, lines are
 * kept. Stands in front of libconfuse because that has no limits, takes an unset variable for an
 * empty one and loses count of lines after some comments.  Reads the environment, nothing else.
 */
#ifndef CONF_LEXER_H
#define CONF_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/errors.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_PAREN_OPEN,
	TOKEN_PAREN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_APPEND,
	TOKEN_COMMA,
	TOKEN_BAD, /* the error is already written down; there is nothing behind it */
};

struct token {
	enum token_kind kind;
	int64_t line;
	const char *text; /* in the file, without quotes */
	size_t len;
	size_t out; /* where it begins in the text for libconfuse */
};

struct lexer {
	const char *file;
	const char *at, *end;
	int64_t line;
	struct errors *errors;
	bool bad;
	char *out; /* what libconfuse gets; free() it */
	size_t out_len, out_size;
};

void lexer_begin(
    struct lexer *, const char *file, const char *text, size_t len, struct errors *errors);
/* The next token; after TOKEN_END and TOKEN_BAD always the same again. */
struct token lexer_next(struct lexer *);
/* Makes libconfuse see nothing but line ends from one place up to another. */
void lexer_blank(struct lexer *, size_t from, size_t to);

#endif
