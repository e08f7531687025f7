#include <sys/resource.h>
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/listen_fds.h"
#include "base/log.h"
#include "inspector.h"
#include "scheduler.h"

#define SOCKETS_MAX 64

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

/* queue.sock, and the TCP addresses of scheduler.listen. */
static size_t
find_sockets(struct listen_socket *sockets, size_t max)
{
	static const struct {
		const char *name;
		enum listener_kind kind;
	} kinds[] = {
		{"queue",      LISTENER_LOCAL},
		{ "queue-tcp", LISTENER_TCP  },
		{ "queue-tls", LISTENER_TLS  },
	};
	size_t count = 0;
	int fd;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t n = 0; count < max && (fd = listen_fds_nth(kinds[i].name, n)) != -1;
		     n++)
			sockets[count++] =
			    (struct listen_socket){ .kind = kinds[i].kind, .fd = fd };
	return count;
}

int
main(int argc, char **argv)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *run_dir = getenv("JOBD_RUN_DIR");
	struct listen_socket sockets[SOCKETS_MAX];
	size_t count = find_sockets(sockets, SOCKETS_MAX);
	int code;

	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		printf("jobd-scheduler %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (inspector_main(argc, argv, &code))
		return code;
	log_init("jobd-scheduler");
	if (argc > 1 || run_dir == NULL || count == 0)
		fatalx("jobd starts this program; it is of no use alone");
	sigaction(SIGPIPE, &ignore, NULL);
	raise_descriptors();
	umask(077); /* arguments and output of jobs are nobody else's business */
	return scheduler_run(run_dir, sockets, count);
}
