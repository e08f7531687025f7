#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "jobctl/follow.h"

/* Whatever has been received is written already, so nothing is lost by leaving here. */
static void
leave(int signum)
{
	(void)signum;
	_exit(0);
}

void
follow_until_interrupted(void)
{
	struct sigaction action = { .sa_handler = leave }, before;

	sigemptyset(&action.sa_mask);
	/* A shell's background job has it ignored, and keeps it so. */
	if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGINT, &action, NULL);
}
