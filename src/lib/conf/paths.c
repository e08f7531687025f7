#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/paths.h"
#include "conf/value.h"

static int replace(char **field, const char *folder);

char *
paths_absolute(const char *folder, const char *path)
{
	char here[PATH_MAX] = "";
	char *whole;

	if (path[0] == '/')
		return strdup(path);
	if (folder[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return NULL;
	if (asprintf(&whole, "%s%s%s%s%s", here, here[0] != '\0' && folder[0] != '\0' ? "/" : "",
		folder, strcmp(folder, "/") != 0 ? "/" : "", path) == -1)
		return NULL;
	return whole;
}

char *
paths_folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	char folder[PATH_MAX];

	if (slash == NULL)
		return getcwd(folder, sizeof(folder)) != NULL ? strdup(folder) : NULL;
	if (slash == file)
		return strdup("/");
	if (snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file), file) >=
	    (int)sizeof(folder))
		return NULL;
	return paths_absolute("", folder);
}

static int
replace(char **field, const char *folder)
{
	char *whole;

	if ((*field)[0] == '\0' || (*field)[0] == '/')
		return 0;
	if ((whole = paths_absolute(folder, *field)) == NULL)
		return -1;
	value_text_free(*field);
	*field = whole;
	return 0;
}

int
paths_resolve(const struct conf_option *option, void *base, const char *folder)
{
	for (; option->name != NULL; option++) {
		if (!option->is_path)
			continue;
		if (option->type == CONF_TYPE_STRING &&
		    replace(FIELD(option, base, char *), folder) == -1)
			return -1;
		if (option->type != CONF_TYPE_LIST)
			continue;
		for (char **path = *FIELD(option, base, char **); *path != NULL; path++)
			if (replace(path, folder) == -1)
				return -1;
	}
	return 0;
}
