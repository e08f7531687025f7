#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "runner.h"

#define DEFAULT_STOP_TIMEOUT_MS 10000

static int64_t stop_timeout(void);
static _Noreturn void usage(void);

/* How long jobd waits after SIGTERM. */
static int64_t
stop_timeout(void)
{
	const char *text = getenv("JOBD_STOP_TIMEOUT_MS"), *errstr;
	int64_t ms;

	if (text == NULL || text_to_int(text, 0, INT32_MAX, &ms, &errstr) == -1)
		return DEFAULT_STOP_TIMEOUT_MS;
	return ms;
}

static void
usage(void)
{
	fprintf(stderr, "usage: jobd-runner [-V] [-r run_dir]\n"
			"jobd starts it; by hand it needs a running jobd.\n");
	exit(EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	const char *run_dir = getenv("JOBD_RUN_DIR");
	int option;

	log_init("jobd-runner");
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
	return runner_main(run_dir, stop_timeout());
}
