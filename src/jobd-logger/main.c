#include <sys/mman.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/listen_fds.h"
#include "base/log.h"
#include "jobd-logger/logger.h"

static void usage(void) __attribute__((noreturn));

static void
usage(void)
{
	fprintf(stderr,
	    "usage: jobd-logger [-dV]\n"
	    "It is started by jobd, which passes the descriptors 'channel', 'journal' and "
	    "'log' (LISTEN_FDNAMES).\n");
	exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
	int option, channel_fd, journal_fd;

	log_init("jobd-logger");
	while ((option = getopt(argc, argv, "dV")) != -1) {
		switch (option) {
		case 'd':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'V':
			printf("jobd-logger %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			usage();
		}
	}
	if (argc > optind)
		usage();
	if ((channel_fd = listen_fds_find("channel")) == -1)
		fatalx("no channel to jobd; it is jobd that starts this program");
	if ((journal_fd = listen_fds_find("journal")) == -1) {
		log_warnx("no journal: what is in memory is lost if this process is killed");
		if ((journal_fd = memfd_create("journal", MFD_CLOEXEC)) == -1)
			fatal("can't make a journal");
	}
	return logger_run(channel_fd, journal_fd, listen_fds_find("log"));
}
