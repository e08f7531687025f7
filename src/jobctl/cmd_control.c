#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"
#include "jobctl/command.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

static int act(
    struct session *, struct client *, const struct call *, const char *verb, size_t first_name);
static int receive_results(struct session *, struct client *, const struct call *);

int
cmd_start(struct session *session, struct client *client, const struct call *call)
{
	return act(session, client, call, VERB_START, 0);
}

int
cmd_stop(struct session *session, struct client *client, const struct call *call)
{
	return act(session, client, call, VERB_STOP, 0);
}

int
cmd_restart(struct session *session, struct client *client, const struct call *call)
{
	return act(session, client, call, VERB_RESTART, 0);
}

int
cmd_signal(struct session *session, struct client *client, const struct call *call)
{
	const char *errstr;

	if (signame_parse(call->args[0], &errstr) == -1) {
		for (size_t i = 1; i < call->arg_count; i++)
			printf("%s: ERROR (bad signal name)\n", call->args[i]);
		complain("'%s' %s", call->args[0], errstr);
		return EXIT_FAILED;
	}
	return act(session, client, call, VERB_SIGNAL, 0);
}

int
cmd_scale(struct session *session, struct client *client, const struct call *call)
{
	const char *errstr;
	int64_t count;

	if (text_to_int(call->args[1], 0, INT32_MAX, &count, &errstr) == -1) {
		complain("number of instances: '%s' %s", call->args[1], errstr);
		return EXIT_USAGE;
	}
	return act(session, client, call, VERB_SCALE, 0);
}

/* One request; the server answers for each program when that one is done, however long it takes. */
static int
act(struct session *session, struct client *client, const struct call *call, const char *verb,
    size_t first_name)
{
	int code = send_names(client, verb, "", call, first_name);

	if (code != EXIT_OK)
		return code;
	client_set_timeout(client, -1);
	return receive_results(session, client, call);
}

static int
receive_results(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	const struct value *row;
	int code = EXIT_OK, result;

	result = listing_begin(&listing, session, client, &results_view);
	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1) {
			int one = results_exit_code(row, call->command->run == cmd_signal);

			if (one != EXIT_OK)
				code = one;
		}
		if (result == 0)
			listing_show(&listing);
	}
	listing_end(&listing);
	return result == 0 ? code : EXIT_FAILED;
}

/* jobd answers at once, and the end of the connection is its end. */
int
cmd_shutdown(struct session *session, struct client *client, const struct call *call)
{
	struct resp_item item;
	const char *errstr;

	(void)call;
	if (send_line(client, "%s", VERB_SHUTDOWN) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	client_set_timeout(client, -1);
	while (client_receive(client, &item, &errstr) == 0)
		;
	if (errno != EPIPE) {
		complain("%s", errstr);
		return EXIT_FAILED;
	}
	session->output->fact("result", "Shut down");
	return EXIT_OK;
}

int
cmd_loglevel(struct session *session, struct client *client, const struct call *call)
{
	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s %s", VERB_LOGLEVEL, call->args[0]) != EXIT_OK ||
	    receive_ok(client) == -1)
		return EXIT_FAILED;
	session->output->fact("loglevel", call->args[0]);
	return EXIT_OK;
}

int
cmd_version(struct session *session, struct client *client, const struct call *call)
{
	const char *greeting = client_greeting(client), *version;
	struct row hi;

	(void)call;
	if (row_read(&hi, greeting, strlen(greeting)) == -1) {
		complain("the server's greeting is not JSON");
		return EXIT_FAILED;
	}
	version = row_text(hi.value, "version");
	session->output->fact("version", version);
	if (strcmp(version, PACKAGE_VERSION) != 0)
		complain("this jobctl is version %s", PACKAGE_VERSION);
	row_free(&hi);
	return EXIT_OK;
}
