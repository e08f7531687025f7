/*
 * Text to numbers, durations, sizes and argument lists, as they are written in the configuration
 * and on command lines. Pure: every function depends on its arguments only.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parsers return 0, or -1 with *errstr a phrase that goes behind the value: "'5q' is not a
 * duration ...". */
int text_to_int(const char *text, int64_t min, int64_t max, int64_t *value, const char **errstr);
/* yes/no, true/false, on/off, 1/0. */
int text_to_bool(const char *text, bool *value, const char **errstr);
/* "250ms", "10s", "5min", "2h", "1d", joined ones as "1h30min"; a bare number is seconds. */
int text_to_duration_ms(const char *text, int64_t *ms, const char **errstr);
/* "64K", "50M", "2G" (units of 1024); a bare number is bytes. */
int text_to_size_bytes(const char *text, int64_t *bytes, const char **errstr);
/* "022" as an octal number up to 07777. */
int text_to_mode(const char *text, int *mode, const char **errstr);

/* The shortest exact text of a duration, as "1h30min"; returns buf. */
const char *text_from_duration_ms(int64_t ms, char *buf, size_t size);
/* "0:01:23", and "2 days, 0:01:23" above a day, as supervisorctl writes it; returns buf. */
const char *text_from_uptime_ms(int64_t ms, char *buf, size_t size);

/*
 * Splits a command as a shell would, but does nothing else that a shell does: blanks separate,
 * '...' is literal,
 * "..." keeps blanks and knows \" and \\, \ outside quotes takes the next character.
 * Returns a NULL-ended array in one allocation (free() it), or NULL with *errstr set; an empty
 * command is an error.
 */
char **text_split_command(const char *text, const char **errstr);
/*
 * The same without an allocation: writes the words to `out`, which has strlen(text) + 1 bytes, one
 * behind the other, each with its NUL byte.  Returns how many there are, or -1 with *errstr set.
 */
int text_split_words(const char *text, char *out, const char **errstr);
/* Fills the array, which has room for `count` + 1, with where these words begin, and a NULL. */
void text_point_at_words(char *out, int count, char **words);
/* True if `name` is non-empty, at most 64 bytes, and made of letters, digits, '_', '-' and '.', not
 * starting with '-' or '.'. */
bool text_is_name(const char *name);
/* The same with ':' inside, as in Billing::Invoice. */
bool text_is_type_name(const char *name);

/* Length of the valid UTF-8 sequence at `text`, of which there are len > 0 bytes; 0 if there is
 * none (RFC 3629: no surrogates, nothing overlong). */
size_t text_utf8_length(const unsigned char *text, size_t len);

#endif
