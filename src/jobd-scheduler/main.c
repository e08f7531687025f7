#include <sys/resource.h>
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/listen_fds.h"
#include "base/log.h"
#include "scheduler.h"

/* Every client is a descriptor. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *run_dir = getenv("JOBD_RUN_DIR");
	int fd = listen_fds_find("queue");

	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		printf("jobd-scheduler %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	log_init("jobd-scheduler");
	if (argc > 1 || run_dir == NULL || fd == -1)
		fatalx("jobd starts this program; it is of no use alone");
	sigaction(SIGPIPE, &ignore, NULL);
	raise_descriptors();
	umask(077); /* arguments and output of jobs are nobody else's business */
	return scheduler_run(run_dir, fd);
}
