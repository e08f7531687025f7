#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static int ask(struct session *, struct client *, const char *request, const char *done);
static int absolute_path(const char *file, char *buf, size_t size);

int
cmd_db_check(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	return ask(session, client, "CHECK", "the database is in order");
}

int
cmd_db_vacuum(struct session *session, struct client *client, const struct call *call)
{
	return ask(session, client, call->options.yes ? "VACUUM now=1" : "VACUUM",
	    "the database is as small as it can be");
}

int
cmd_db_backup(struct session *session, struct client *client, const struct call *call)
{
	char path[PATH_MAX], done[PATH_MAX + 32], request[6 * PATH_MAX + 32] = "BACKUP ";
	struct json json;

	if (absolute_path(call->args[0], path, sizeof(path)) == -1)
		return EXIT_USAGE;
	snprintf(done, sizeof(done), "%s: written", path);
	json_begin(&json, request + strlen(request), sizeof(request) - strlen(request));
	json_object(&json, NULL);
	json_string(&json, "path", path);
	json_object_end(&json);
	json_end(&json);
	return ask(session, client, request, done);
}

/* The scheduler has opened it, and so migrated it, if it can count what is in it. */
int
cmd_db_migrate(struct session *session, struct client *client, const struct call *call)
{
	struct row count;

	(void)call;
	if (send_line(client, "%s {}", VERB_COUNT) != EXIT_OK || receive_row(client, &count) == -1)
		return EXIT_FAILED;
	row_free(&count);
	session->output->fact("result",
	    "the database has the tables of this version: the scheduler sees to it when it starts");
	return EXIT_OK;
}

/* A large database takes its time. */
static int
ask(struct session *session, struct client *client, const char *request, const char *done)
{
	if (send_line(client, "%s %s", VERB_DB, request) != EXIT_OK)
		return EXIT_FAILED;
	client_set_timeout(client, -1);
	if (receive_ok(client) == -1)
		return EXIT_FAILED;
	session->output->fact("result", done);
	return EXIT_OK;
}

/* The scheduler writes it, and has another working directory. */
static int
absolute_path(const char *file, char *buf, size_t size)
{
	char directory[PATH_MAX] = "";
	int len;

	if (file[0] != '/' && getcwd(directory, sizeof(directory)) == NULL) {
		complain("the working directory is not known");
		return -1;
	}
	len = snprintf(buf, size, "%s%s%s", directory, file[0] == '/' ? "" : "/", file);
	if (len < 0 || (size_t)len >= size) {
		complain("the name of the file is too long");
		return -1;
	}
	return 0;
}
