#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/internal.h"

static const struct {
	int resource;
	size_t offset;
	const char *name;
} limits[] = {
	{RLIMIT_NOFILE,   offsetof(struct conf_limits, nofile),        "open files"     },
	{ RLIMIT_CORE,    offsetof(struct conf_limits, core_bytes),    "core file bytes"},
	{ RLIMIT_AS,      offsetof(struct conf_limits, memory_bytes),  "memory bytes"   },
	{ RLIMIT_NPROC,   offsetof(struct conf_limits, nproc),         "processes"      },
	{ RLIMIT_STACK,   offsetof(struct conf_limits, stack_bytes),   "stack bytes"    },
	{ RLIMIT_CPU,     offsetof(struct conf_limits, cpu_sec),       "CPU seconds"    },
	{ RLIMIT_FSIZE,   offsetof(struct conf_limits, file_bytes),    "file bytes"     },
	{ RLIMIT_MEMLOCK, offsetof(struct conf_limits, memlock_bytes), "locked bytes"   },
};

static void limit_apply(int resource, const char *name, int64_t value);
static void limit_refused(int error, int resource, const char *name, const char *wanted);
static void oom_score_apply(int64_t value);

/* Says where the limit ended, in place of a bare "Operation not permitted". */
static void
limit_refused(int error, int resource, const char *name, const char *wanted)
{
	struct rlimit now;

	if (error == EPERM && getrlimit(resource, &now) == 0)
		exec_fail(error,
		    "can't set the limit of %s to %s: it is above the hard limit of %" PRIu64, name,
		    wanted, (uint64_t)now.rlim_max);
	exec_fail(error, "can't set the limit of %s to %s", name, wanted);
}

static void
limit_apply(int resource, const char *name, int64_t value)
{
	struct rlimit limit;
	char wanted[24] = "unlimited";

	limit.rlim_cur = value == INT64_MAX ? RLIM_INFINITY : (rlim_t)value;
	limit.rlim_max = limit.rlim_cur;
	if (setrlimit(resource, &limit) == 0)
		return;
	if (value != INT64_MAX)
		snprintf(wanted, sizeof(wanted), "%" PRId64, value);
	limit_refused(errno, resource, name, wanted);
}

/* Anybody may raise the score; lowering it needs CAP_SYS_RESOURCE. */
static void
oom_score_apply(int64_t value)
{
	char text[24];
	int fd, len;

	len = snprintf(text, sizeof(text), "%" PRId64 "\n", value);
	if ((fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)) == -1 ||
	    write(fd, text, (size_t)len) != len)
		exec_fail(errno, "can't set oom_score_adj to %" PRId64, value);
	close(fd);
}

void
limits_apply(const struct conf_identity *identity)
{
	if (identity->nice != CONF_UNSET && setpriority(PRIO_PROCESS, 0, (int)identity->nice) == -1)
		exec_fail(errno, "can't set the nice value to %" PRId64, identity->nice);
	if (identity->oom_score_adj != CONF_UNSET)
		oom_score_apply(identity->oom_score_adj);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int64_t value;

		memcpy(&value, (const char *)&identity->limits + limits[i].offset, sizeof(value));
		if (value != CONF_UNSET)
			limit_apply(limits[i].resource, limits[i].name, value);
	}
}
