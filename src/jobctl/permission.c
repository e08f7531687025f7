#include <sys/stat.h>

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobctl/permission.h"

static void describe_owner(const char *path, const struct stat *, char *buf, size_t size);

const char *
permission_describe(const char *path, char *buf, size_t size)
{
	char *part = strdup(path), *slash;
	struct stat status;

	buf[0] = '\0';
	if (part == NULL)
		return buf;
	/* The outermost directory that we may not search hides all below it. */
	for (slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(part, X_OK) == -1 && stat(part, &status) == 0) {
			describe_owner(part, &status, buf, size);
			free(part);
			return buf;
		}
		*slash = '/';
	}
	if (stat(path, &status) == 0)
		describe_owner(path, &status, buf, size);
	free(part);
	return buf;
}

static void
describe_owner(const char *path, const struct stat *status, char *buf, size_t size)
{
	const struct passwd *user = getpwuid(status->st_uid);
	const struct group *group = getgrgid(status->st_gid);
	mode_t needed = S_ISDIR(status->st_mode) ? S_IXGRP : S_IWGRP;
	char user_text[80], group_text[80];

	if (user != NULL)
		snprintf(user_text, sizeof(user_text), "user %s", user->pw_name);
	else
		snprintf(user_text, sizeof(user_text), "uid %lu", (unsigned long)status->st_uid);
	if (group != NULL)
		snprintf(group_text, sizeof(group_text), "group %s", group->gr_name);
	else
		snprintf(group_text, sizeof(group_text), "gid %lu", (unsigned long)status->st_gid);
	snprintf(buf, size, ": %s is for %s%s%s (mode %04o)", path, user_text,
	    (status->st_mode & needed) != 0 ? " and " : " only",
	    (status->st_mode & needed) != 0 ? group_text : "", (unsigned)status->st_mode & 07777);
}
