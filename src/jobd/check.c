#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static void report(void *context, bool is_error, const char *text);

static void
report(void *context, bool is_error, const char *text)
{
	(void)context;
	fprintf(stderr, "jobd: %s%s\n", is_error ? "" : "warning: ", text);
}

int
check_file(struct conf *conf)
{
	size_t errors = conf_check_system(conf, report, NULL);

	if (errors == 0)
		printf("%s: configuration OK\n", conf->file);
	conf_free(conf);
	return errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
