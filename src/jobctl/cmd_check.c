#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "conf/conf.h"
#include "jobctl/command.h"

/* What was found, as elements of JSON arrays; people are told at once. */
struct findings {
	bool json;
	char *texts[2]; /* warnings, errors */
	size_t lengths[2];
	FILE *files[2];
};

static int open_findings(struct findings *, bool json);
static void close_findings(struct findings *);
static void add_finding(void *context, bool is_error, const char *text);
static void add_lines(struct findings *, const char *text);
static void print_json(const struct findings *, const char *file, bool is_valid);

/* Every file and every word of it as jobd -t sees them. */
int
cmd_check(struct session *session, struct client *client, const struct call *call)
{
	const char *file = call->arg_count > 0          ? call->args[0]
			   : session->conf_file != NULL ? session->conf_file
							: CONF_DEFAULT_FILE;
	char error[CONF_ERROR_MAX] = "", path[PATH_MAX];
	struct findings findings;
	struct conf *conf;
	bool is_valid;

	(void)client;
	if (open_findings(&findings, session->json) == -1)
		return EXIT_FAILED;
	if (realpath(file, path) != NULL)
		file = path;
	conf = conf_load(file, error, sizeof(error));
	if (conf == NULL && session->json)
		add_lines(&findings, error);
	else if (conf == NULL)
		complain("%s", error);
	is_valid = conf != NULL && conf_check_system(conf, add_finding, &findings) == 0;
	conf_free(conf);
	close_findings(&findings);
	if (session->json)
		print_json(&findings, file, is_valid);
	else if (is_valid)
		printf("%s: configuration OK\n", file);
	for (int i = 0; i < 2; i++)
		free(findings.texts[i]);
	return is_valid ? EXIT_OK : EXIT_FAILED;
}

static int
open_findings(struct findings *findings, bool json)
{
	*findings = (struct findings){ .json = json };
	for (int i = 0; i < 2; i++)
		findings->files[i] = open_memstream(&findings->texts[i], &findings->lengths[i]);
	if (findings->files[0] != NULL && findings->files[1] != NULL)
		return 0;
	complain("out of memory");
	close_findings(findings);
	return -1;
}

static void
close_findings(struct findings *findings)
{
	for (int i = 0; i < 2; i++)
		if (findings->files[i] != NULL)
			fclose(findings->files[i]);
}

static void
add_finding(void *context, bool is_error, const char *text)
{
	struct findings *findings = context;
	FILE *file = findings->files[is_error];
	char buf[CONF_ERROR_MAX * 6 + 4];
	struct json json;

	if (!findings->json) {
		complain("%s%s", is_error ? "" : "warning: ", text);
		return;
	}
	json_begin(&json, buf, sizeof(buf));
	json_string(&json, NULL, text);
	if (json_end(&json) != -1)
		fprintf(file, "%s%s", ftell(file) > 0 ? "," : "", buf);
}

/* The errors of a file that can't be loaded are a line each. */
static void
add_lines(struct findings *findings, const char *text)
{
	char line[CONF_ERROR_MAX];

	for (; *text != '\0'; text += *text == '\n') {
		size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		if (len > 0)
			add_finding(findings, true, line);
		text += len;
	}
}

static void
print_json(const struct findings *findings, const char *file, bool is_valid)
{
	char name[PATH_MAX * 6 + 4];
	struct json json;

	json_begin(&json, name, sizeof(name));
	json_string(&json, NULL, file);
	if (json_end(&json) == -1)
		complain("the name of the file is too long");
	else
		printf("{\"file\":%s,\"valid\":%s,\"errors\":[%s],\"warnings\":[%s]}\n", name,
		    is_valid ? "true" : "false", findings->texts[1], findings->texts[0]);
}
