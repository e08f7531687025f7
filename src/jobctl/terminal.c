#include <sys/ioctl.h>

#include <stdlib.h>
#include <unistd.h>

#include "jobctl/terminal.h"

bool
terminal_is_coloured(void)
{
	static int is_coloured = -1;
	const char *none = getenv("NO_COLOR");

	if (is_coloured == -1)
		is_coloured = isatty(STDOUT_FILENO) && (none == NULL || *none == '\0');
	return is_coloured == 1;
}

int
terminal_width(void)
{
	struct winsize window = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == -1 ? 0 : window.ws_col;
}

int
terminal_height(void)
{
	struct winsize window = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == -1 ? 0 : window.ws_row;
}
