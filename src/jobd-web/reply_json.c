#include <stdlib.h>
#include <string.h>

#include "base/json_numbers.h"
#include "reply_json.h"

json_t *
reply_json(const char *item)
{
	json_t *json = json_loads(item, 0, NULL);
	char *copy;

	if (json != NULL || (copy = json_quote_large(item, strlen(item))) == NULL)
		return json;
	json = json_loads(copy, 0, NULL);
	free(copy);
	return json;
}
