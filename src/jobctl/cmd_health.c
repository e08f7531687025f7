#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/fault.h"
#include "jobctl/listing.h"
#include "jobctl/status.h"
#include "proto/verbs.h"

/* Everything that should run does, is ready and passes its check: for a container's HEALTHCHECK,
 * which knows the exit codes 0 and 1 only.  Where a fault is, the container is taken out of service
 * or started anew; what that would not mend is only shown, as degraded. */

static void print_fault(
    const struct session *, size_t before, const char *head, const char *name, const char *fault);
static size_t show_faults(const struct session *, const struct listing *);
static bool has_outboxes(const struct listing *);
static void show_degraded(struct session *, const struct listing *);
static int judge(struct session *, struct client *, const struct call *);

/* `before`: so many were printed. */
static void
print_fault(const struct session *session, size_t before, const char *head, const char *name,
    const char *fault)
{
	char text[2 * FAULT_MAX + 200];
	struct json json;

	if (!session->json) {
		fputs(head, stdout);
		print_clean(name, 0);
		putchar(' ');
		print_clean(fault, 0);
		putchar('\n');
		return;
	}
	json_begin(&json, text, sizeof(text));
	json_object(&json, NULL);
	json_string(&json, "name", name);
	json_string(&json, "fault", fault);
	json_object_end(&json);
	if (json_end(&json) != -1)
		printf("%s%s", before > 0 ? "," : "", text);
}

/* Returns how many there are. */
static size_t
show_faults(const struct session *session, const struct listing *listing)
{
	char fault[FAULT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		const struct value *row = listing->rows[i].value;

		if (fault_of_program(row, fault, sizeof(fault)))
			print_fault(session, count++, "", row_text(row, "name"), fault);
	}
	return count;
}

static bool
has_outboxes(const struct listing *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		if (strcmp(row_text(programs->rows[i].value, "role"), "outbox") == 0)
			return true;
	return false;
}

/* Outboxes in trouble.  Why the queue can't be asked is a fault of the scheduler, shown as such. */
static void
show_degraded(struct session *session, const struct listing *programs)
{
	static const struct view plain = { .member = "rows" };
	const char *errstr;
	struct client *client;
	struct listing outboxes;
	const struct value *row;
	char fault[FAULT_MAX];
	size_t count = 0;

	if (!has_outboxes(programs) ||
	    (client = session_try(session, SOCKET_QUEUE, SESSION_DEADLINE_MS, &errstr)) == NULL)
		return;
	if (send_line(client, "%s", VERB_OUTBOXES) == EXIT_OK &&
	    listing_begin(&outboxes, session, client, &plain) == 0) {
		while (listing_next(&outboxes, &row) == 1)
			if (fault_of_outbox(row, fault, sizeof(fault)))
				print_fault(session, count++, "degraded: outbox ",
				    row_text(row, "name"), fault);
		listing_end(&outboxes);
	}
	client_close(client);
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
		fputs("],\"degraded\":[", stdout);
	show_degraded(session, &listing);
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
