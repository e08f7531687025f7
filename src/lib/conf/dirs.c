#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"

static char *join(const char *base, const char *rest);
static const char *absolute_variable(const char *name);
static char *state_home(const char *rest);

static char *
join(const char *base, const char *rest)
{
	char *path;

	return asprintf(&path, "%s%s", base, rest) == -1 ? NULL : path;
}

/* The variable's value if it is an absolute path: others must be ignored (XDG Base Directory
 * Specification). */
static const char *
absolute_variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

static char *
state_home(const char *rest)
{
	const char *home;
	char place[64];

	if ((home = absolute_variable("XDG_STATE_HOME")) != NULL) {
		snprintf(place, sizeof(place), "/jobd%s", rest);
	} else if ((home = absolute_variable("HOME")) != NULL) {
		snprintf(place, sizeof(place), "/.local/state/jobd%s", rest);
	} else {
		home = "/tmp";
		snprintf(place, sizeof(place), "/jobd-%ju/state%s", (uintmax_t)getuid(), rest);
	}
	return join(home, place);
}

char *
conf_default_run_dir(void)
{
	const char *runtime;
	char place[64];

	if (getuid() == 0)
		return join("/run", "/jobd");
	if ((runtime = absolute_variable("XDG_RUNTIME_DIR")) != NULL)
		return join(runtime, "/jobd");
	snprintf(place, sizeof(place), "/jobd-%ju", (uintmax_t)getuid());
	return join("/tmp", place);
}

char *
conf_default_state_dir(void)
{
	return getuid() == 0 ? join("/var/lib", "/jobd") : state_home("");
}

char *
conf_default_log_dir(void)
{
	return getuid() == 0 ? join("/var/log", "/jobd") : state_home("/log");
}
