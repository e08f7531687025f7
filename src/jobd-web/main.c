#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "web.h"

int
main(int argc, char **argv)
{
	const char *run_dir = getenv("JOBD_RUN_DIR");

	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		printf("jobd-web %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	log_init("jobd-web");
	if (argc > 1 || run_dir == NULL)
		fatalx("jobd starts this program; it is of no use alone");
	return web_run(run_dir);
}
