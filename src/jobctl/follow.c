#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "jobctl/follow.h"
#include "jobctl/session.h"

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

bool
follow_wait(const struct client *client)
{
	struct pollfd ready[] = {
		{.fd = client_fd(client), .events = POLLIN },
		{ .fd = STDOUT_FILENO                     },
	};

	while (!client_has_unread(client)) {
		if (poll(ready, 2, -1) == -1 && errno == EINTR)
			continue;
		if ((ready[1].revents & (POLLERR | POLLHUP)) == 0)
			break;
		raise(SIGPIPE);
		complain("standard output: %s", strerror(EPIPE));
		return false;
	}
	return true;
}
