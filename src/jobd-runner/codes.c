#include <stdlib.h>
#include <string.h>

#include "codes.h"

int
codes_copy(struct codes *codes, const int64_t *list, size_t count)
{
	*codes = (struct codes){ .list = NULL };
	if (count == 0)
		return 0;
	if ((codes->list = reallocarray(NULL, count, sizeof(*list))) == NULL)
		return -1;
	memcpy(codes->list, list, count * sizeof(*list));
	codes->count = count;
	return 0;
}

bool
codes_have(const struct codes *codes, int64_t code)
{
	for (size_t i = 0; i < codes->count; i++)
		if (codes->list[i] == code)
			return true;
	return false;
}

void
codes_free(struct codes *codes)
{
	free(codes->list);
	*codes = (struct codes){ .list = NULL };
}
