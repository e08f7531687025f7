#include <stdlib.h>

#include "base/run_dir.h"
#include "base/text.h"
#include "runner.h"

#define DEFAULT_STOP_TIMEOUT_MS 10000

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

int
main(int argc, char *argv[])
{
	return runner_main(run_dir_from("jobd-runner", argc, argv), stop_timeout());
}
