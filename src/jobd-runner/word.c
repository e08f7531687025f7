#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "word.h"

/* The shortest text that is read as the same number. */
static char *
word_of_real(double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return strdup(text);
}

char *
word_of(const json_t *value)
{
	if (json_is_string(value))
		return strlen(json_string_value(value)) == json_string_length(value)
			   ? strdup(json_string_value(value))
			   : NULL;
	if (json_is_real(value))
		return word_of_real(json_real_value(value));
	return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
