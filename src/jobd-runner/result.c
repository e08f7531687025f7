#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/signame.h"
#include "base/text.h"
#include "proto/verbs.h"
#include "result.h"

/* For everything in a request but the output. */
#define REQUEST_BYTES 8192
#define SMALL_BYTES   4096
/* The most bytes that one byte becomes in JSON. */
#define JSON_GROWTH 6

/* clang-format off */
static const struct {
	const char *word, *errtype;
} reasons[RESULT_REASON_COUNT] = {
	[RESULT_EXIT] =		 { "exit",		"ExitCode" },
	[RESULT_SIGNAL] =	 { "signal",		"Signal" },
	[RESULT_OUT_OF_MEMORY] = { "out_of_memory",	"OutOfMemory" },
	[RESULT_OUT_OF_CPU] =	 { "out_of_cpu",	"OutOfCpu" },
	[RESULT_SPAWN_FAILED] =	 { "spawn_failed",	"SpawnFailed" },
	[RESULT_UNKNOWN_TYPE] =	 { "unknown_job_type",	"UnknownJobType" },
	[RESULT_INVALID] =	 { "invalid_job",	"InvalidJob" },
	[RESULT_HTTP] =		 { "http",		"HttpStatus" },
	[RESULT_MAIL] =		 { "mail",		"Mail" },
	[RESULT_NETWORK] =	 { "network",		"Network" },
	[RESULT_TEMPLATE] =	 { "template",		"Template" },
	[RESULT_SKIPPED] =	 { "skipped",		"Skipped" },
	[RESULT_CONDITION] =	 { "condition",		"Condition" },
	[RESULT_TIMEOUT] =	 { "timeout",		"Timeout" },
	[RESULT_CANCELLED] =	 { "cancelled",		"Cancelled" },
	[RESULT_REPLACED] =	 { "replaced",		"Replaced" },
	[RESULT_STOPPED] =	 { "stopped",		"RunnerStopped" },
};
/* clang-format on */

static void how_it_ended(const struct result *, char *buf, size_t size);
static void write_output(struct json *, const struct capture *);
static void write_details(struct json *, const struct result *);
static int64_t write_request(const struct result *, char *buf, size_t size);
static void shrink(struct capture *);
static char *request_alloc(const struct result *, size_t *len);

const char *
result_reason_word(enum result_reason reason)
{
	return reasons[reason].word;
}

enum result_reason
result_reason_of_order(const char *word)
{
	for (int i = RESULT_TIMEOUT; i < RESULT_REASON_COUNT; i++)
		if (strcmp(word, reasons[i].word) == 0)
			return (enum result_reason)i;
	return RESULT_CANCELLED;
}

bool
result_is_success(const struct result *result)
{
	bool may_be = result->reason == RESULT_EXIT || result->reason == RESULT_HTTP ||
		      result->reason == RESULT_MAIL;

	return result->reason == RESULT_SKIPPED || (may_be && result->expected);
}

static void
how_it_ended(const struct result *result, char *buf, size_t size)
{
	if (WIFSIGNALED(result->wait_status))
		snprintf(buf, size, "killed by %s%s", signame_text(WTERMSIG(result->wait_status)),
		    WCOREDUMP(result->wait_status) ? " (core dumped)" : "");
	else
		snprintf(buf, size, "exit code %d", WEXITSTATUS(result->wait_status));
}

/* Code and signal stand beside it, so only an end by itself repeats them. */
const char *
result_message(const struct result *result, char *buf, size_t size)
{
	char limit[40];

	switch (result->reason) {
	case RESULT_EXIT:
	case RESULT_SIGNAL:
		how_it_ended(result, buf, size);
		break;
	case RESULT_OUT_OF_MEMORY:
	case RESULT_OUT_OF_CPU:
	case RESULT_SPAWN_FAILED:
	case RESULT_UNKNOWN_TYPE:
	case RESULT_INVALID:
	case RESULT_HTTP:
	case RESULT_MAIL:
	case RESULT_NETWORK:
	case RESULT_TEMPLATE:
	case RESULT_SKIPPED:
	case RESULT_CONDITION:
		snprintf(buf, size, "%s",
		    result->text != NULL ? result->text : result_reason_word(result->reason));
		break;
	case RESULT_TIMEOUT:
		snprintf(buf, size, "timed out after %s",
		    text_from_duration_ms(result->limit_ms, limit, sizeof(limit)));
		break;
	case RESULT_CANCELLED:
		snprintf(buf, size, "cancelled");
		break;
	case RESULT_REPLACED:
		snprintf(buf, size, "replaced by a later run");
		break;
	case RESULT_STOPPED:
		snprintf(buf, size, "ended because the runner stops");
		break;
	}
	return buf;
}

/* Not all readers of JSON take a NUL, even escaped: it becomes a byte that is shown as U+FFFD. */
static void
write_output(struct json *json, const struct capture *output)
{
	const struct {
		const char *name;
		char *data;
		size_t len;
	} parts[] = {
		{"output_head",  output->head, output->head_len},
		{ "output_tail", output->tail, output->tail_len}
	};

	for (size_t i = 0; i < 2; i++) {
		for (size_t at = 0; at < parts[i].len; at++)
			if (parts[i].data[at] == '\0')
				parts[i].data[at] = '\xff';
		json_string_len(
		    json, parts[i].name, parts[i].len > 0 ? parts[i].data : "", parts[i].len);
	}
	json_int(json, "output_bytes", (int64_t)output->total);
	json_int(json, "output_left_out",
	    (int64_t)(output->total - output->head_len - output->tail_len));
}

static void
write_details(struct json *json, const struct result *result)
{
	json_object(json, "result");
	json_string(json, "reason", result_reason_word(result->reason));
	if (result->ran && WIFEXITED(result->wait_status))
		json_int(json, "code", WEXITSTATUS(result->wait_status));
	if (result->ran && WIFSIGNALED(result->wait_status)) {
		json_int(json, "signal", WTERMSIG(result->wait_status));
		json_bool(json, "core", WCOREDUMP(result->wait_status));
	}
	if (result->code != 0)
		json_int(json, "code", result->code);
	json_int(json, "duration_ms", result->duration_ms);
	if (result->leftovers > 0)
		json_int(json, "leftovers", (int64_t)result->leftovers);
	if (result->output != NULL)
		write_output(json, result->output);
	if (result->value != NULL)
		json_raw(json, "value", result->value);
	if (result->no_retry)
		json_bool(json, "no_retry", true);
	if (result->retry_after_ms > 0)
		json_int(json, "retry_after_ms", result->retry_after_ms);
	json_object_end(json);
}

/* Returns the length, or -1 if the buffer is too small. */
static int64_t
write_request(const struct result *result, char *buf, size_t size)
{
	bool success = result_is_success(result);
	const char *verb = success ? VERB_ACK : VERB_FAIL;
	size_t start = strlen(verb) + 1;
	char message[900];
	struct json json;
	int64_t len;

	memcpy(buf, verb, start - 1);
	buf[start - 1] = ' ';
	json_begin(&json, buf + start, size - start - 2);
	json_object(&json, NULL);
	json_string(&json, "jid", result->jid);
	if (!success)
		json_string(&json, "errtype", reasons[result->reason].errtype);
	if (!success || result->reason == RESULT_SKIPPED)
		json_string(&json, "message", result_message(result, message, sizeof(message)));
	write_details(&json, result);
	json_object_end(&json);
	if ((len = json_end(&json)) == -1)
		return -1;
	memcpy(buf + start + len, "\r\n", 2);
	return (int64_t)start + len + 2;
}

/* Half of the output: the beginning of the head, the end of the tail. */
static void
shrink(struct capture *output)
{
	size_t tail_len = output->tail_len / 2;

	output->head_len /= 2;
	output->tail += output->tail_len - tail_len;
	output->tail_len = tail_len;
}

static char *
memory_copy(const char *data, size_t len)
{
	char *copy = malloc(len);

	return copy == NULL ? NULL : memcpy(copy, data, len);
}

/* Text seldom grows by more than a quarter in JSON; what does gets the room for the worst. */
static char *
request_alloc(const struct result *result, size_t *len)
{
	size_t output =
	    result->output == NULL ? 0 : result->output->head_len + result->output->tail_len;
	size_t value = result->value == NULL ? 0 : strlen(result->value);
	const size_t sizes[] = { output + output / 4, output * JSON_GROWTH };
	static char small[SMALL_BYTES];
	int64_t small_len =
	    output + value > SMALL_BYTES ? -1 : write_request(result, small, sizeof(small));

	/* Most are short: they take as much memory as they need. */
	if (small_len != -1) {
		*len = (size_t)small_len;
		return memory_copy(small, *len);
	}
	for (size_t i = 0; i < 2; i++) {
		size_t size = REQUEST_BYTES + strlen(result->jid) * JSON_GROWTH + value + sizes[i];
		char *buf = malloc(size);
		int64_t written = buf == NULL ? -1 : write_request(result, buf, size);

		if (written != -1 && written <= PROTO_QUEUE_LINE_MAX) {
			*len = (size_t)written;
			return buf;
		}
		free(buf);
	}
	return NULL;
}

char *
result_request(const struct result *result, size_t *len)
{
	struct result smaller = *result;
	struct capture output = { 0 };
	char *request;

	if (result->output == NULL)
		return request_alloc(result, len);
	output = *result->output;
	smaller.output = &output;
	while ((request = request_alloc(&smaller, len)) == NULL &&
	       output.head_len + output.tail_len > 0)
		shrink(&output);
	return request;
}
