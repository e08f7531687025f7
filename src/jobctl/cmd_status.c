#include <stdio.h>
#include <string.h>

#include "jobctl/results.h"
#include "jobctl/status.h"
#include "jobctl/watch.h"

static say_unknown_fn say_unknown, say_no_process;
static bool is_down(const struct value *row);
static int show_jobd_pid(const struct session *, struct client *);

/* clang-format off */
static const struct column pid_columns[] = {
	{ "PID", "pid", CELL_ANY, 0, 0, NULL },
	{ NULL,  NULL,  CELL_ANY, 0, 0, NULL },
};
/* clang-format on */
static const struct view pid_view = { .member = "programs", .columns = pid_columns };

int
cmd_status(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	size_t unknown;
	int code = EXIT_OK;

	if (call->options.watch)
		return watch_run(session, client, call);
	if (status_receive(session, client, call, &listing, say_unknown, &unknown) == -1) {
		listing_end(&listing);
		return EXIT_UNKNOWN;
	}
	listing_sort(&listing, "name");
	listing_show(&listing);
	if (unknown > 0)
		code = EXIT_UNKNOWN;
	for (size_t i = 0; i < listing.count; i++)
		if (is_down(listing.rows[i].value))
			code = EXIT_NOT_ALL_RUNNING;
	listing_end(&listing);
	return code;
}

static void
say_unknown(const struct session *session, const char *name, const char *message)
{
	if (!session->json)
		results_print_unknown(name);
	complain("%s", message);
}

static bool
is_down(const struct value *row)
{
	static const char *const down[] = { "STOPPED", "EXITED", "FATAL", "UNKNOWN" };
	const char *state = row_text(row, "state");

	for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++)
		if (strcmp(state, down[i]) == 0)
			return true;
	return false;
}

int
cmd_pid(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	size_t unknown;
	int code = EXIT_OK;

	if (call->arg_count == 0)
		return show_jobd_pid(session, client);
	if (status_receive(session, client, call, &listing, say_no_process, &unknown) == -1) {
		listing_end(&listing);
		return EXIT_FAILED;
	}
	listing.view = &pid_view;
	listing_show(&listing);
	for (size_t i = 0; i < listing.count; i++)
		if (row_number(listing.rows[i].value, "pid", 0) == 0)
			code = EXIT_NOT_RUNNING;
	listing_end(&listing);
	return unknown > 0 ? EXIT_FAILED : code;
}

static void
say_no_process(const struct session *session, const char *name, const char *message)
{
	if (!session->json)
		printf("No such process %s\n", name);
	complain("%s", message);
}

static int
show_jobd_pid(const struct session *session, struct client *client)
{
	const char *greeting = client_greeting(client);
	struct row hi;

	if (row_read(&hi, greeting, strlen(greeting)) == -1) {
		complain("the server's greeting is not JSON");
		return EXIT_FAILED;
	}
	printf(session->json ? "{\"pid\":%lld}\n" : "%lld\n",
	    (long long)row_number(hi.value, "pid", 0));
	row_free(&hi);
	return EXIT_OK;
}
