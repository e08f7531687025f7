#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cron/schedule.h"
#include "jobctl/command.h"
#include "jobctl/export_crontab.h"
#include "jobctl/import.h"

static void find_zone(struct export_crontab *);
static int write_export(
    struct export_crontab *, struct session *, const struct call *, char **text);
static int write_made(struct export_crontab *, struct session *);
static int show(struct session *, const struct export_crontab *, const char *text);

int
cmd_export_crontab(struct session *session, struct client *client, const struct call *call)
{
	const char *file = call->arg_count > 0          ? call->args[0]
			   : session->conf_file != NULL ? session->conf_file
							: CONF_DEFAULT_FILE;
	struct export_crontab *export = calloc(1, sizeof(*export));
	char error[CONF_ERROR_MAX] = "out of memory", *text = NULL;
	struct conf *conf = export == NULL ? NULL : conf_load(file, error, sizeof(error));
	int code = EXIT_FAILED;

	(void)client;
	if (conf == NULL) {
		complain("%s", error);
	} else {
		export->conf = conf;
		export->has_user = call->options.system;
		find_zone(export);
		/* Its run_dir is that of the jobd that is asked. */
		if (session->conf_file == NULL)
			session->conf_file = file;
		if (write_export(export, session, call, &text) == 0)
			code = show(session, export, text);
	}
	free(text);
	conf_free(conf);
	free(export);
	return code;
}

/* Cron begins in the system's zone; which one that is any schedule knows. */
static void
find_zone(struct export_crontab *export)
{
	struct schedule *any = schedule_parse("@daily", "", export->error, sizeof(export->error));

	if (any != NULL)
		snprintf(export->zone, sizeof(export->zone), "%s", schedule_zone(any));
	schedule_free(any);
}

static int
write_export(
    struct export_crontab *export, struct session *session, const struct call *call, char **text)
{
	size_t len;
	int result = -1;

	if ((export->out = open_memstream(text, &len)) == NULL || export_begin(export) == -1)
		complain("out of memory");
	else {
		export_configured(export);
		result = call->options.every ? write_made(export, session) : 0;
	}
	export_end(export);
	if (export->out != NULL && fclose(export->out) == EOF && result == 0) {
		complain("out of memory");
		result = -1;
	}
	return result;
}

static int
write_made(struct export_crontab *export, struct session *session)
{
	int code, result;
	struct client *client = session_open(session, SOCKET_QUEUE, &code);

	if (client == NULL)
		return -1;
	result = export_routines(export, session, client);
	client_close(client);
	return result;
}

/* People hear on stderr what is left to do. */
static int
show(struct session *session, const struct export_crontab *export, const char *text)
{
	size_t size = strlen(text) * 6 + 4;
	char *document;
	struct json json;

	if (export->looks > 0)
		complain("%zu line%s with '" IMPORT_LOOK "'", export->looks,
		    export->looks == 1 ? " begins" : "s begin");
	if (export->has_zones)
		complain("CRON_TZ is known to cronie; Debian's cron takes the system's zone");
	if (!session->json) {
		fputs(text, stdout);
		return EXIT_OK;
	}
	if ((document = malloc(size)) == NULL) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	json_begin(&json, document, size);
	json_string(&json, NULL, text);
	if (json_end(&json) != -1)
		printf("{\"crontab\":%s,\"lines\":%zu,\"looks\":%zu}\n", document, export->jobs,
		    export->looks);
	free(document);
	return EXIT_OK;
}
