#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/status.h"
#include "proto/verbs.h"

/* Everything that should run does, is ready and passes its check: for a container's HEALTHCHECK,
 * which knows the exit codes 0 and 1 only. */

#define FAULT_MAX 400

static bool find_fault(const struct value *row, char *fault, size_t size);
static bool find_state_fault(const struct value *row, char *fault, size_t size);
static bool find_check_fault(const struct value *row, char *fault, size_t size);
static size_t show_faults(const struct session *, const struct listing *);
static void print_json_fault(const char *name, const char *fault);
static int judge(struct session *, struct client *, const struct call *);

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

static bool
find_fault(const struct value *row, char *fault, size_t size)
{
	return find_state_fault(row, fault, size) || find_check_fault(row, fault, size);
}

static void
print_json_fault(const char *name, const char *fault)
{
	char text[2 * FAULT_MAX + 200];
	struct json json;

	json_begin(&json, text, sizeof(text));
	json_object(&json, NULL);
	json_string(&json, "name", name);
	json_string(&json, "fault", fault);
	json_object_end(&json);
	if (json_end(&json) != -1)
		fputs(text, stdout);
}

/* Returns how many there are. */
static size_t
show_faults(const struct session *session, const struct listing *listing)
{
	char fault[FAULT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		const struct value *row = listing->rows[i].value;

		if (!find_fault(row, fault, sizeof(fault)))
			continue;
		if (session->json) {
			fputs(count > 0 ? "," : "", stdout);
			print_json_fault(row_text(row, "name"), fault);
		} else {
			print_clean(row_text(row, "name"), 0);
			putchar(' ');
			print_clean(fault, 0);
			putchar('\n');
		}
		count++;
	}
	return count;
}

static int
judge(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	size_t unknown, count;

	if (status_receive(session, client, call, &listing, NULL, &unknown) == -1) {
		listing_end(&listing);
		return EXIT_FAILED;
	}
	listing_sort(&listing, "name");
	if (session->json)
		fputs("{\"faults\":[", stdout);
	count = show_faults(session, &listing);
	if (session->json)
		printf("],\"healthy\":%s,\"programs\":%zu}\n", count == 0 ? "true" : "false",
		    listing.count);
	else if (count == 0)
		printf("healthy: %zu programs\n", listing.count);
	listing_end(&listing);
	return count == 0 ? EXIT_OK : EXIT_FAILED;
}

int
cmd_health(struct session *session, struct client *client, const struct call *call)
{
	struct call all = *call;
	int code;

	(void)client;
	if ((client = session_open(session, SOCKET_CONTROL, &code)) == NULL)
		return EXIT_FAILED;
	all.options.all = true;
	code = judge(session, client, &all);
	client_close(client);
	return code;
}
