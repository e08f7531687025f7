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

json_t *
reply_json_list(const struct reply *reply)
{
	json_t *list;

	if (reply->kind != REPLY_LIST)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < reply->count; i++) {
		json_t *item = reply_json(reply_item(reply, i, NULL));

		if (json_is_object(item))
			json_array_append(list, item);
		json_decref(item);
	}
	return list;
}
