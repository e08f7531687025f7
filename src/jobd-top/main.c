/* jobd-top RUN_DIR INTERVAL_MS: started by jobctl top, which has looked at both. */
#include <stdio.h>
#include <stdlib.h>

#include <curses.h>
#include <term.h>

#include "base/text.h"

#include "top.h"

static bool
terminal_is_known(void)
{
	int what;

	if (setupterm(NULL, 1, &what) == ERR)
		return false;
	del_curterm(cur_term);
	return true;
}

int
main(int argc, char **argv)
{
	const char *errstr;
	int64_t interval_ms;

	if (argc != 3 || text_to_int(argv[2], 0, 86400000, &interval_ms, &errstr) == -1) {
		fprintf(stderr, "usage: jobd-top RUN_DIR INTERVAL_MS (jobctl top starts it)\n");
		return EXIT_FAILURE;
	}
	if (!terminal_is_known()) {
		fprintf(stderr, "jobctl: the terminal is not known (TERM)\n");
		return TOP_FAILED;
	}
	return top_run(argv[1], interval_ms);
}
