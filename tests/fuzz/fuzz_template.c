/*
 * Renders any template with any arguments: one byte that chooses the kind, the arguments as JSON, a
 * NUL, the template.  What comes out keeps the promises of its kind.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "jobd-runner/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_allowed(enum template_kind kind, char c)
{
	bool control = (unsigned char)c < ' ' || c == 0x7f;

	if (kind == TEMPLATE_LINE)
		return !control || c == '\t';
	return kind != TEMPLATE_URL || (!control && c != ' ');
}

static void
check(enum template_kind kind, const char *out, size_t len, const char *error)
{
	if (out == NULL) {
		if (strncmp(error, "name:", 5) != 0)
			abort();
		return;
	}
	if (len > TEMPLATE_MAX_BYTES || out[len] != '\0')
		abort();
	for (size_t i = 0; i < len; i++)
		if (!is_allowed(kind, out[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data + 1, '\0', size - 1);
	enum template_kind kind = size == 0 ? TEMPLATE_TEXT : data[0] % TEMPLATE_KIND_COUNT;
	struct template_values values = { .jid = "jid", .jobtype = "type", .attempt = 1 };
	char error[TEMPLATE_ERROR_MAX] = "", *text, *out;
	size_t len, out_len = 0;
	json_t *args;

	if (end == NULL)
		return 0;
	args = json_loadb((const char *)data + 1, (size_t)(end - data) - 1, JSON_ALLOW_NUL, NULL);
	len = size - (size_t)(end + 1 - data);
	/* A buffer of exactly this size: the sanitizer sees one byte too far. */
	if (json_is_array(args) && (text = malloc(len + 1)) != NULL) {
		memcpy(text, end + 1, len);
		text[len] = '\0';
		values.args = args;
		template_lone_value(text, &values);
		if ((text = realloc(text, len > 0 ? len : 1)) == NULL)
			abort();
		out = template_render(
		    kind, "name", text, len, &values, &out_len, error, sizeof(error));
		check(kind, out, out_len, error);
		free(out);
		free(text);
	}
	json_decref(args);
	return 0;
}
