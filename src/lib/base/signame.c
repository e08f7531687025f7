#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"

int
signame_parse(const char *text, const char **errstr)
{
	int64_t number;

	*errstr = NULL;
	if (text_to_int(text, 1, SIGRTMAX, &number, errstr) == 0)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int signum = 1; signum < NSIG; signum++) {
		const char *abbreviation = sigabbrev_np(signum);

		if (abbreviation != NULL && strcasecmp(text, abbreviation) == 0) {
			*errstr = NULL;
			return signum;
		}
	}
	*errstr = "is not the name of a signal such as TERM, INT or HUP";
	return -1;
}

const char *
signame_text(int signum)
{
	static char text[24];
	const char *abbreviation = sigabbrev_np(signum);

	if (abbreviation != NULL)
		snprintf(text, sizeof(text), "SIG%s", abbreviation);
	else
		snprintf(text, sizeof(text), "SIG%d", signum);
	return text;
}
