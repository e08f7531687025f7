#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

/* Names have at most 64 bytes: a longer word can only be a mistake, and a long pattern takes time.
 */
#define NAMES_WORD_MAX 128

bool
names_is_helper(enum conf_role role)
{
	return role == CONF_ROLE_LOGGER || role == CONF_ROLE_RUNNER;
}

bool
names_match(const char *word, const char *program, int instance, enum conf_role role)
{
	char full[NAMES_WORD_MAX];

	if (strlen(word) >= NAMES_WORD_MAX)
		return false;
	snprintf(full, sizeof(full), "%s:%d", program, instance);
	if (strcmp(word, program) == 0 || strcmp(word, full) == 0)
		return true;
	if (names_is_helper(role))
		return false;
	if (strcmp(word, "all") == 0)
		return true;
	return fnmatch(word, program, 0) == 0 || fnmatch(word, full, 0) == 0;
}
