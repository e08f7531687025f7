#include <string.h>

#include "method.h"

/* Where two words mean one method, the first is its word. */
static const struct {
	const char *word;
	enum method method;
} methods[] = {
	{"GET",     METHOD_GET   },
	{ "HEAD",   METHOD_GET   },
	{ "POST",   METHOD_POST  },
	{ "PUT",    METHOD_PUT   },
	{ "PATCH",  METHOD_PATCH },
	{ "DELETE", METHOD_DELETE},
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

enum method
method_from_word(const char *word)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (strcmp(word, methods[i].word) == 0)
			return methods[i].method;
	return 0;
}

const char *
method_word(enum method method)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (methods[i].method == method)
			return methods[i].word;
	return "";
}

void
method_list(int set, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if ((set & (int)methods[i].method) == 0)
			continue;
		if (text[0] != '\0')
			strlcat(text, ", ", size);
		strlcat(text, methods[i].word, size);
	}
}
