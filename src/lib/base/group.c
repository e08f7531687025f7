#include <grp.h>
#include <stdint.h>
#include <stddef.h>

#include "base/group.h"
#include "base/text.h"

int
group_find(const char *name, gid_t *gid)
{
	const struct group *group;
	const char *errstr;
	int64_t number;

	if (text_to_int(name, 0, UINT32_MAX - 1, &number, &errstr) == 0) {
		*gid = (gid_t)number;
		return 0;
	}
	if ((group = getgrnam(name)) == NULL)
		return -1;
	*gid = group->gr_gid;
	return 0;
}
