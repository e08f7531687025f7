#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "dirs.h"

static int make_path(const char *path, mode_t mode);
static int make_one(const char *option, const char *path, mode_t mode);

/* mkdir -p. */
static int
make_path(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	struct stat st;

	if (strlcpy(part, path, sizeof(part)) >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (mkdir(part, 0755) == -1 && errno != EEXIST && stat(part, &st) == -1)
			return -1;
		*slash = '/';
	}
	if (mkdir(part, mode) == -1 && errno != EEXIST)
		return -1;
	if (stat(part, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	return access(part, W_OK | X_OK);
}

static int
make_one(const char *option, const char *path, mode_t mode)
{
	if (make_path(path, mode) == 0)
		return 0;
	log_err("%s '%s'", option, path);
	return -1;
}

int
dirs_make(const struct conf *conf)
{
	if (make_one("run_dir", conf->run_dir, 0755) == -1 ||
	    make_one("state_dir", conf->state_dir, 0750) == -1 ||
	    make_one("log_dir", conf->log_dir, 0755) == -1)
		return -1;
	return 0;
}
