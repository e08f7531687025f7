#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf.h"

#include "check.h"
#include "dirs.h"
#include "spawn.h"
#include "supervisor.h"

/* clang-format off */
static const struct option long_options[] = {
	{ "help",    no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL,      0,           NULL, 0 },
};
/* clang-format on */

static void usage(FILE *);

static void
usage(FILE *out)
{
	fprintf(out, "usage: jobd [-dhtV] [-c file]\n");
}

int
main(int argc, char *argv[])
{
	const char *file = CONF_DEFAULT_FILE;
	bool detach = false, check = false;
	char error[CONF_ERROR_MAX], path[PATH_MAX];
	struct conf *conf;
	int option;

	while ((option = getopt_long(argc, argv, "c:dhtV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'd':
			detach = true;
			break;
		case 't':
			check = true;
			break;
		case 'V':
			printf("jobd %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "jobd: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		return EXIT_FAILURE;
	}
	log_init("jobd");
	spawn_prepare();
	/* A reload finds it again wherever we are then. */
	if (realpath(file, path) != NULL)
		file = path;
	if ((conf = conf_load(file, error, sizeof(error))) == NULL) {
		fprintf(stderr, "jobd: %s\n", error);
		return EXIT_FAILURE;
	}
	if (check)
		return check_file(conf);
	if (dirs_make(conf) == -1) {
		conf_free(conf);
		return EXIT_FAILURE;
	}
	if (detach && spawn_detach() == -1) {
		log_err("detaching");
		conf_free(conf);
		return EXIT_FAILURE;
	}
	return supervisor_run(conf);
}
