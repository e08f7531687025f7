#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

#include "outboxes.h"

static _Noreturn void usage(void);

static void
usage(void)
{
	fprintf(stderr, "usage: jobd-outbox [-V] [-r run_dir]\n"
			"jobd starts it; by hand it needs a running jobd.\n");
	exit(EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	const char *run_dir = getenv("JOBD_RUN_DIR");
	int option;

	log_init("jobd-outbox");
	while ((option = getopt(argc, argv, "Vr:")) != -1) {
		if (option == 'V') {
			puts(PACKAGE_STRING);
			return EXIT_SUCCESS;
		}
		if (option != 'r')
			usage();
		run_dir = optarg;
	}
	if (optind != argc || run_dir == NULL || run_dir[0] == '\0')
		usage();
	return outboxes_main(run_dir);
}
