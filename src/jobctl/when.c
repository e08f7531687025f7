#include "base/text.h"
#include "jobctl/session.h"
#include "jobctl/when.h"

int
when_read(const char *text, struct walltime *when)
{
	const char *errstr;
	int64_t ms;

	if (text[0] != '+') {
		if (walltime_parse(text, when, &errstr) == 0)
			return 0;
		complain("--at: '%s' %s; a time from now is written as +10m", text, errstr);
		return -1;
	}
	if (text_to_duration_ms(text + 1, &ms, &errstr) == -1) {
		complain("--at: '%s' %s", text + 1, errstr);
		return -1;
	}
	*when = walltime_add_ms(walltime_now(), ms);
	return 0;
}
