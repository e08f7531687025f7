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

/* What the command line says. */
struct wishes {
	const char *file;
	bool detach, check;
};

static void usage(FILE *);
static void read_options(struct wishes *, int argc, char *argv[]);

static void
usage(FILE *out)
{
	fprintf(out, "usage: jobd [-dhtV] [-c file]\n");
}

/* Ends the process where it asks for nothing else, or is wrong. */
static void
read_options(struct wishes *wishes, int argc, char *argv[])
{
	int option;

	while ((option = getopt_long(argc, argv, "c:dhtV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			wishes->file = optarg;
			break;
		case 'd':
			wishes->detach = true;
			break;
		case 't':
			wishes->check = true;
			break;
		case 'V':
			printf("jobd %s\n", PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "jobd: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		exit(EXIT_FAILURE);
	}
}

int
main(int argc, char *argv[])
{
	struct wishes wishes = { .file = CONF_DEFAULT_FILE };
	char error[CONF_ERROR_MAX], path[PATH_MAX];
	struct conf *conf;

	read_options(&wishes, argc, argv);
	log_init("jobd");
	spawn_prepare();
	/* A reload finds it again wherever we are then. */
	if (realpath(wishes.file, path) != NULL)
		wishes.file = path;
	if ((conf = conf_load(wishes.file, error, sizeof(error))) == NULL) {
		fprintf(stderr, "jobd: %s\n", error);
		return EXIT_FAILURE;
	}
	if (wishes.check)
		return check_file(conf);
	if (dirs_make(conf) == -1) {
		conf_free(conf);
		return EXIT_FAILURE;
	}
	if (wishes.detach && spawn_detach() == -1) {
		log_err("detaching");
		conf_free(conf);
		return EXIT_FAILURE;
	}
	return supervisor_run(conf);
}
