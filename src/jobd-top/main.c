/* jobd-top RUN_DIR INTERVAL_MS: started by jobctl top, which has looked at both. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "top.h"

int
main(int argc, char **argv)
{
	const char *errstr;
	int64_t interval_ms;

	if (argc != 3 || text_to_int(argv[2], 0, 86400000, &interval_ms, &errstr) == -1) {
		fprintf(stderr, "usage: jobd-top RUN_DIR INTERVAL_MS (jobctl top starts it)\n");
		return EXIT_FAILURE;
	}
	return top_run(argv[1], interval_ms);
}
