#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "jobctl/screen.h"
#include "jobctl/session.h"

/* The other screen, without the cursor; and back. */
#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"
#define SCREEN_CLEAR "\033[H\033[2J"

static void put(const char *text);
static void keys_begin(void);
static void keys_end(void);
static void leave(int signum);
static void suspend(int signum);
static void resized(int signum);
static void catch_signals(void);

/* What the terminal was like; only if standard input is one. */
static struct termios terminal;
static bool has_keys;

bool
screen_is_possible(void)
{
	return isatty(STDOUT_FILENO);
}

void
screen_enter(void)
{
	has_keys = tcgetattr(STDIN_FILENO, &terminal) == 0;
	catch_signals();
	keys_begin();
	fputs(SCREEN_ENTER, stdout);
}

void
screen_leave(void)
{
	fputs(SCREEN_LEAVE, stdout);
	fflush(stdout);
	keys_end();
}

void
screen_clear(void)
{
	fputs(SCREEN_CLEAR, stdout);
}

void
screen_show(void)
{
	fflush(stdout);
}

enum screen_event
screen_wait(int fd, int timeout_ms)
{
	struct pollfd ready[] = {
		{.fd = fd,			    .events = POLLIN},
		{ .fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN},
	};
	char key;

	if (poll(ready, 2, timeout_ms) <= 0)
		return SCREEN_TIME;
	if (ready[1].revents != 0) {
		if (read(STDIN_FILENO, &key, 1) <= 0)
			has_keys = false;
		else if (key == 'q' || key == 'Q')
			return SCREEN_QUIT;
	}
	return ready[0].revents != 0 ? SCREEN_READY : SCREEN_TIME;
}

static void
put(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) == -1)
		return;
}

/* Keys come one by one and are not shown; Ctrl-C stays what it is. */
static void
keys_begin(void)
{
	struct termios raw = terminal;

	if (!has_keys)
		return;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void
keys_end(void)
{
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

/* The terminal is given back as it was, however we leave. */
static void
leave(int signum)
{
	put(SCREEN_LEAVE);
	keys_end();
	_exit(signum == SIGINT ? EXIT_OK : 128 + signum);
}

static void
suspend(int signum)
{
	int saved = errno;

	(void)signum;
	put(SCREEN_LEAVE);
	keys_end();
	raise(SIGSTOP);
	keys_begin();
	put(SCREEN_ENTER);
	errno = saved;
}

/* Only interrupts poll(2): the screen is drawn anew. */
static void
resized(int signum)
{
	(void)signum;
}

static void
catch_signals(void)
{
	static const struct {
		int signum;
		void (*handler)(int);
	} signals[] = {
		{SIGINT,    leave  },
		{ SIGTERM,  leave  },
		{ SIGHUP,   leave  },
		{ SIGQUIT,  leave  },
		{ SIGTSTP,  suspend},
		{ SIGWINCH, resized},
	};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = signals[i].handler };

		sigfillset(&action.sa_mask);
		sigaction(signals[i].signum, &action, NULL);
	}
}
