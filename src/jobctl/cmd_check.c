#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "conf/conf.h"
#include "jobctl/command.h"

static void print_json(const char *file, const char *error);

int
cmd_check(struct session *session, struct client *client, const struct call *call)
{
	const char *file = call->arg_count > 0          ? call->args[0]
			   : session->conf_file != NULL ? session->conf_file
							: CONF_DEFAULT_FILE;
	char error[CONF_ERROR_MAX] = "";
	struct conf *conf = conf_load(file, error, sizeof(error));

	(void)client;
	if (session->json)
		print_json(file, conf == NULL ? error : NULL);
	else if (conf == NULL)
		complain("%s", error);
	else
		printf("%s: the configuration is valid: %zu programs, %zu jobs\n", file,
		    conf->program_count, conf->job_count);
	if (conf == NULL)
		return EXIT_FAILED;
	conf_free(conf);
	return EXIT_OK;
}

static void
print_json(const char *file, const char *error)
{
	char buf[CONF_ERROR_MAX * 6 + 4096 * 6];
	struct json json;

	json_begin(&json, buf, sizeof(buf));
	json_object(&json, NULL);
	json_string(&json, "file", file);
	json_bool(&json, "valid", error == NULL);
	json_array(&json, "errors");
	while (error != NULL) {
		size_t len = strcspn(error, "\n");

		if (len > 0)
			json_string_len(&json, NULL, error, len);
		error = error[len] == '\n' ? error + len + 1 : NULL;
	}
	json_array_end(&json);
	json_object_end(&json);
	if (json_end(&json) == -1)
		complain("the name of the file is too long");
	else
		puts(buf);
}
