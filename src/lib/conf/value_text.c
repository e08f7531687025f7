#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

static char empty_text[] = "";
static char *empty_list[] = { NULL };

char *
value_text_copy(const char *text)
{
	return text[0] == '\0' ? empty_text : strdup(text);
}

void
value_text_free(char *text)
{
	if (text != empty_text)
		free(text);
}

char *
value_text_take(char *text)
{
	if (text == NULL || text[0] != '\0')
		return text;
	free(text);
	return empty_text;
}

char **
value_list_copy(const char *const *texts, size_t count)
{
	char **list;

	if (count == 0)
		return empty_list;
	list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; i < count && list != NULL; i++) {
		if ((list[i] = value_text_copy(texts[i])) == NULL) {
			value_list_free(list);
			return NULL;
		}
	}
	return list;
}

void
value_list_free(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		value_text_free(list[i]);
	if (list != empty_list)
		free(list);
}
