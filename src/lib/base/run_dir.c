#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/run_dir.h"

static _Noreturn void
usage(const char *name)
{
	fprintf(stderr,
	    "usage: %s [-V] [-r run_dir]\n"
	    "jobd starts it; by hand it needs a running jobd.\n",
	    name);
	exit(EXIT_FAILURE);
}

const char *
run_dir_from(const char *name, int argc, char *argv[])
{
	const char *run_dir = getenv("JOBD_RUN_DIR");
	int option;

	log_init(name);
	while ((option = getopt(argc, argv, "Vr:")) != -1) {
		if (option == 'V') {
			puts(PACKAGE_STRING);
			exit(EXIT_SUCCESS);
		}
		if (option != 'r')
			usage(name);
		run_dir = optarg;
	}
	if (optind != argc || run_dir == NULL || run_dir[0] == '\0')
		usage(name);
	return run_dir;
}
