/*
 * Prints the snapshot of a configuration file, for tests that stand in for jobd.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"

int
main(int argc, char *argv[])
{
	char error[CONF_ERROR_MAX], *text;
	struct conf *conf;
	size_t len;

	if (argc != 2) {
		fprintf(stderr, "usage: conf_snapshot FILE\n");
		return EXIT_FAILURE;
	}
	if ((conf = conf_load(argv[1], error, sizeof(error))) == NULL) {
		fprintf(stderr, "%s\n", error);
		return EXIT_FAILURE;
	}
	if ((text = conf_snapshot_write(conf, &len)) == NULL ||
	    fwrite(text, 1, len, stdout) != len) {
		perror("conf_snapshot");
		return EXIT_FAILURE;
	}
	free(text);
	conf_free(conf);
	return EXIT_SUCCESS;
}
