#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/import.h"

static int run_import(struct session *, const struct call *, import_fn *);
static char *read_all(const char *file);
static void find_directory(const char *file, char *directory);
static int show(struct session *, const struct import *, const char *text, size_t len);

int
cmd_import_crontab(struct session *session, struct client *client, const struct call *call)
{
	(void)client;
	return run_import(
	    session, call, call->options.system ? import_system_crontab : import_crontab);
}

int
cmd_import_procfile(struct session *session, struct client *client, const struct call *call)
{
	(void)client;
	return run_import(session, call, import_procfile);
}

int
cmd_import_supervisord(struct session *session, struct client *client, const struct call *call)
{
	(void)client;
	return run_import(session, call, import_supervisord);
}

static int
run_import(struct session *session, const struct call *call, import_fn *import_text)
{
	char *text = read_all(call->args[0]), *written = NULL, here[PATH_MAX];
	struct import import;
	size_t len;
	int code = EXIT_FAILED;
	FILE *out = text == NULL ? NULL : open_memstream(&written, &len);

	if (out != NULL) {
		find_directory(call->args[0], here);
		import_begin(&import, out, here);
		import_text(&import, text);
		if (import_end(&import) == -1 || fclose(out) == EOF)
			complain("out of memory");
		else
			code = show(session, &import, written, len);
	}
	free(written);
	free(text);
	return code;
}

static char *
read_all(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	const char *why = NULL;
	char *text = NULL;
	size_t size = 0;

	if (file == NULL) {
		complain("%s: %s", name, strerror(errno));
		return NULL;
	}
	errno = 0;
	if (getdelim(&text, &size, '\0', file) == -1)
		why = ferror(file) ? strerror(errno) : "is empty";
	else if (!feof(file))
		why = "is no file of text";
	if (file != stdin)
		fclose(file);
	if (why == NULL)
		return text;
	complain("%s: %s", name, why);
	free(text);
	return NULL;
}

/* Standard input is in none: where we are. */
static void
find_directory(const char *file, char *directory)
{
	char path[PATH_MAX];

	snprintf(directory, PATH_MAX, "%s", realpath(file, path) != NULL ? dirname(path) : ".");
}

/* People hear on stderr how much is left to do. */
static int
show(struct session *session, const struct import *import, const char *text, size_t len)
{
	struct json json;
	char *document;

	if (import->sections == 0 && import->looks > 0) {
		complain("nothing in it could be taken over: is it the right kind of file?");
		return EXIT_FAILED;
	}
	if (import->looks > 0)
		complain("%zu line%s with '" IMPORT_LOOK "'", import->looks,
		    import->looks == 1 ? " begins" : "s begin");
	if (!session->json) {
		fwrite(text, 1, len, stdout);
		return EXIT_OK;
	}
	document = malloc(len * 6 + 4);
	if (document == NULL) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	json_begin(&json, document, len * 6 + 4);
	json_string(&json, NULL, text);
	if (json_end(&json) != -1)
		printf("{\"configuration\":%s,\"looks\":%zu}\n", document, import->looks);
	free(document);
	return EXIT_OK;
}
