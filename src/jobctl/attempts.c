#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"
#include "jobctl/attempts.h"
#include "jobctl/output.h"
#include "jobctl/session.h"

static void print_attempt(const struct value *attempt);
static const struct value *last_attempt(const struct value *job);
static int64_t bytes_left_out(const struct value *attempt);
static int64_t kept_bytes(const struct value *text);
static int signal_number(const struct value *attempt);
static void write_member(const struct value *attempt, const char *member);

void
attempts_print(const struct value *job)
{
	const struct value *attempts = row_member(job, "attempts"), *attempt;

	for (attempt = value_first(attempts); attempt != NULL;
	     attempt = value_next(attempts, attempt))
		print_attempt(attempt);
}

static void
print_attempt(const struct value *attempt)
{
	int64_t left_out = bytes_left_out(attempt),
		duration = row_number(attempt, "duration_ms", -1);
	int64_t code = row_number(attempt, "code", -1);
	char buf[64];

	printf("\nattempt %" PRId64 ", ", row_number(attempt, "number", 0));
	print_clean(row_cell(attempt, "started_at", CELL_TIME, buf, sizeof(buf)), 0);
	printf(": ");
	print_clean(row_text(attempt, "reason"), 0);
	if (signal_number(attempt) > 0)
		printf(" %s", signame_text(signal_number(attempt)));
	else if (code >= 0)
		printf(" %" PRId64, code);
	if (duration >= 0)
		printf(" after %s", text_from_duration_ms(duration, buf, sizeof(buf)));
	if (*row_text(attempt, "error") != '\0') {
		printf(" (");
		print_clean(row_text(attempt, "error"), 0);
		putchar(')');
	}
	putchar('\n');
	write_member(attempt, "output_head");
	if (left_out > 0)
		printf("\n... %" PRId64 " bytes left out ...\n", left_out);
	write_member(attempt, "output_tail");
}

static const struct value *
last_attempt(const struct value *job)
{
	const struct value *attempts = row_member(job, "attempts"), *last = NULL, *attempt;

	for (attempt = value_first(attempts); attempt != NULL;
	     attempt = value_next(attempts, attempt))
		last = attempt;
	return last;
}

/* What the runner did not keep: all that was written, less what is here. */
static int64_t
bytes_left_out(const struct value *attempt)
{
	int64_t kept = kept_bytes(row_member(attempt, "output_head")) +
		       kept_bytes(row_member(attempt, "output_tail"));
	int64_t written = row_number(attempt, "output_bytes", 0);

	return written > kept ? written - kept : 0;
}

/* A byte that is not UTF-8 has become U+FFFD, which is three. */
static int64_t
kept_bytes(const struct value *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	bool is_string = text != NULL && text->kind == VALUE_STRING;
	int64_t len = is_string ? (int64_t)text->len : 0;
	const char *next = is_string ? text->text : NULL;

	for (; next != NULL && (next = strstr(next, replacement)) != NULL;
	     next += sizeof(replacement) - 1)
		len -= (int64_t)sizeof(replacement) - 2;
	return len;
}

static void
write_member(const struct value *attempt, const char *member)
{
	const struct value *text = row_member(attempt, member);

	if (text != NULL && text->kind == VALUE_STRING)
		fwrite(text->text, 1, text->len, stdout);
}

void
attempts_print_output(const struct value *job)
{
	const struct value *attempt = last_attempt(job);
	int64_t left_out = bytes_left_out(attempt);

	write_member(attempt, "output_head");
	if (left_out > 0)
		complain("%" PRId64 " bytes of the output are not kept", left_out);
	write_member(attempt, "output_tail");
}

int
attempts_exit_code(const struct value *job)
{
	const struct value *attempt = last_attempt(job);
	int64_t code = row_number(attempt, "code", -1);
	int signum = signal_number(attempt);

	if (signum > 0)
		return 128 + signum;
	return code >= 0 && code <= 255 ? (int)code : EXIT_FAILED;
}

/* "SIGKILL", or its number; 0 if none ended it. */
static int
signal_number(const struct value *attempt)
{
	const char *name = row_text(attempt, "signal"), *errstr;
	int signum =
	    *name == '\0' ? (int)row_number(attempt, "signal", 0) : signame_parse(name, &errstr);

	return signum > 0 ? signum : 0;
}
