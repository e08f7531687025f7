#include <stdio.h>
#include <string.h>

#include "jobctl/fault.h"

/* One that was stopped, or never started, is meant to be so; one that ended well, too. */
static bool
find_state_fault(const struct value *row, char *fault, size_t size)
{
	const char *state = row_text(row, "state"), *role = row_text(row, "role");
	const char *description = row_text(row, "description");
	bool is_user = strcmp(role, "user") == 0;

	if (strcmp(state, "RUNNING") == 0 || (is_user && strcmp(state, "STOPPED") == 0))
		return false;
	if (is_user && strcmp(state, "EXITED") == 0 &&
	    strcmp(row_text(row, "exit.reason"), "exit") == 0 &&
	    row_is(row, "exit.expected", VALUE_TRUE))
		return false;
	snprintf(fault, size, "is %s%s%s", state, *description != '\0' ? ": " : "", description);
	return true;
}

static bool
find_check_fault(const struct value *row, char *fault, size_t size)
{
	const char *state = row_text(row, "health.state"), *text = row_text(row, "health.text");

	if (*state == '\0' || strcmp(state, "passing") == 0 ||
	    strcmp(row_text(row, "state"), "RUNNING") != 0)
		return false;
	snprintf(fault, size, "%s%s%s",
	    strcmp(state, "failing") == 0 ? "its check is failing" : "its check has not passed yet",
	    *text != '\0' ? ": " : "", text);
	return true;
}

bool
fault_of_program(const struct value *row, char *fault, size_t size)
{
	return find_state_fault(row, fault, size) || find_check_fault(row, fault, size);
}

bool
fault_of_outbox(const struct value *row, char *fault, size_t size)
{
	snprintf(fault, size, "is in trouble: %s", row_text(row, "trouble"));
	return strcmp(row_text(row, "state"), "trouble") == 0;
}
