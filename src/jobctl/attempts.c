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
	int64_t left_out = row_number(attempt, "output_left_out", 0);
	int64_t duration = row_number(attempt, "duration_ms", -1);
	const char *how = row_text(attempt, "error");
	char buf[64];

	printf("\nattempt %" PRId64 ", ", row_number(attempt, "number", 0));
	print_clean(row_cell(attempt, "started_at", CELL_TIME, buf, sizeof(buf)), 0);
	fputs(": ", stdout);
	print_clean(*how != '\0' ? how : row_text(attempt, "reason"), 0);
	if (*how == '\0' && row_number(attempt, "code", -1) >= 0)
		printf(" code %" PRId64, row_number(attempt, "code", -1));
	if (duration >= 0)
		printf(", after %s", text_from_duration_ms(duration, buf, sizeof(buf)));
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
	int64_t left_out = row_number(attempt, "output_left_out", 0);

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
	if (strcmp(row_text(attempt, "reason"), "exit") == 0 && code >= 0 && code <= 255)
		return (int)code;
	return strcmp(row_text(job, "state"), "done") == 0 ? EXIT_OK : EXIT_FAILED;
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
