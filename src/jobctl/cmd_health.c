#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/fault.h"
#include "jobctl/listing.h"
#include "jobctl/status.h"
#include "proto/verbs.h"

/* Everything that should run does, is ready and passes its check: for a container's HEALTHCHECK,
 * which knows the exit codes 0 and 1 only. */

static size_t show_faults(const struct session *, const struct listing *);
static void print_json_fault(const char *name, const char *fault);
static int judge(struct session *, struct client *, const struct call *);

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

		if (!fault_of_program(row, fault, sizeof(fault)))
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
