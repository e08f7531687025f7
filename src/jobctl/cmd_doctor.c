#include <sys/statvfs.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "conf/conf.h"
#include "jobctl/command.h"
#include "jobctl/fault.h"
#include "jobctl/listing.h"
#include "jobctl/reach.h"
#include "jobctl/status.h"
#include "proto/verbs.h"

/* Everything that can be looked at from outside, from the configuration to the servers that jobs
 * ask: one line each. */

#define WORDS_MAX 700
/* Less than this is soon nothing. */
#define DISK_MIN_BYTES   (INT64_C(64) * 1024 * 1024)
#define DISK_MIN_PERCENT 2

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAULT };

struct doctor {
	struct session *session;
	const struct call *call;
	struct conf *conf; /* NULL if there is none that can be read */
	size_t said, faults;
};

static void look_at_file(struct doctor *);
static void look_at_programs(struct doctor *);
static void look_at_disks(struct doctor *);
static void look_at_database(struct doctor *);
static void look_at_breakers(struct doctor *);
static void look_at_outboxes(struct doctor *);
static void look_at_alerts(struct doctor *);
static void look_at_mail(struct doctor *);
static void look_at_targets(struct doctor *);

static void (*const looks[])(struct doctor *) = {
	look_at_file,
	look_at_programs,
	look_at_disks,
	look_at_database,
	look_at_breakers,
	look_at_outboxes,
	look_at_alerts,
	look_at_mail,
	look_at_targets,
};

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WARNING] = "warning",
	[VERDICT_FAULT] = "fault",
};

static void __attribute__((format(printf, 4, 5)))
say(struct doctor *doctor, enum verdict verdict, const char *what, const char *fmt, ...)
{
	char words[WORDS_MAX], line[WORDS_MAX * 6 + 100];
	struct json json;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	doctor->faults += verdict == VERDICT_FAULT;
	if (!doctor->session->json) {
		printf("%-8s %-14s ", verdicts[verdict], what);
		print_clean(words, 0);
		putchar('\n');
		return;
	}
	json_begin(&json, line, sizeof(line));
	json_object(&json, NULL);
	json_string(&json, "what", what);
	json_string(&json, "verdict", verdicts[verdict]);
	json_string(&json, "text", words);
	json_object_end(&json);
	if (json_end(&json) != -1)
		printf("%s%s", doctor->said++ > 0 ? "," : "", line);
}

/* The configuration, and what it names on this machine. */

static void
on_finding(void *arg, bool is_error, const char *text)
{
	say(arg, is_error ? VERDICT_FAULT : VERDICT_WARNING, "configuration", "%s", text);
}

static void
look_at_file(struct doctor *doctor)
{
	const char *file =
	    doctor->session->conf_file != NULL ? doctor->session->conf_file : CONF_DEFAULT_FILE;
	char error[CONF_ERROR_MAX];

	/* jobd may run with another one, and be asked by its run_dir. */
	if (doctor->session->conf_file == NULL && access(file, F_OK) == -1 && errno == ENOENT) {
		say(doctor, VERDICT_WARNING, "configuration",
		    "%s is not there, and -c names no other: not looked at", file);
		return;
	}
	if ((doctor->conf = conf_load(file, error, sizeof(error))) == NULL) {
		say(doctor, VERDICT_FAULT, "configuration", "%s", error);
		return;
	}
	if (conf_check_system(doctor->conf, on_finding, doctor) == 0)
		say(doctor, VERDICT_OK, "configuration", "%s: %zu programs, %zu jobs", file,
		    doctor->conf->program_count, doctor->conf->job_count);
}

/* jobd and its programs. */

static void
look_at_row(struct doctor *doctor, const struct value *row, size_t *healthy)
{
	char fault[FAULT_MAX];

	if (fault_of_program(row, fault, sizeof(fault)))
		say(doctor, VERDICT_FAULT, "programs", "%s %s", row_text(row, "name"), fault);
	else
		(*healthy)++;
}

static struct client *
open_socket(struct doctor *doctor, enum session_socket which, const char *what)
{
	const char *errstr = "";
	struct client *client = session_try(doctor->session, which, SESSION_DEADLINE_MS, &errstr);

	if (client == NULL)
		say(doctor, VERDICT_FAULT, what, "%s", errstr);
	return client;
}

static void
look_at_programs(struct doctor *doctor)
{
	struct client *client = open_socket(doctor, SOCKET_CONTROL, "jobd");
	struct call all = *doctor->call;
	struct listing listing;
	size_t unknown, healthy = 0;

	if (client == NULL)
		return;
	say(doctor, VERDICT_OK, "jobd", "answers");
	all.options.all = true;
	if (status_receive(doctor->session, client, &all, &listing, NULL, &unknown) == -1)
		say(doctor, VERDICT_FAULT, "programs", "can't be listed");
	listing_sort(&listing, "name");
	for (size_t i = 0; i < listing.count; i++)
		look_at_row(doctor, listing.rows[i].value, &healthy);
	say(doctor, VERDICT_OK, "programs", "%zu of %zu are well", healthy, listing.count);
	listing_end(&listing);
	client_close(client);
}

static void
look_at_disk(struct doctor *doctor, const char *what, const char *path)
{
	struct statvfs disk;
	int64_t left, percent;

	if (statvfs(path, &disk) == -1) {
		say(doctor, VERDICT_FAULT, "disk", "%s '%s' can't be looked at", what, path);
		return;
	}
	left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	percent = disk.f_blocks == 0 ? 100 : (int64_t)(disk.f_bavail * 100 / disk.f_blocks);
	say(doctor,
	    left < DISK_MIN_BYTES || percent < DISK_MIN_PERCENT ? VERDICT_FAULT : VERDICT_OK,
	    "disk", "%s %s: %" PRId64 " MiB free, %" PRId64 "%%", what, path, left / (1024 * 1024),
	    percent);
}

static void
look_at_disks(struct doctor *doctor)
{
	if (doctor->conf == NULL)
		return;
	look_at_disk(doctor, "run_dir", doctor->conf->run_dir);
	look_at_disk(doctor, "state_dir", doctor->conf->state_dir);
	look_at_disk(doctor, "log_dir", doctor->conf->log_dir);
}

/* The scheduler and what it knows. */

static bool
has_queue(const struct doctor *doctor)
{
	return doctor->conf != NULL &&
	       (doctor->conf->job_count > 0 || doctor->conf->queue_count > 0 ||
		   doctor->conf->outbox_count > 0);
}

static void
look_at_database(struct doctor *doctor)
{
	struct resp_item item;
	struct client *client;
	const char *errstr = "";

	if (!has_queue(doctor) || (client = open_socket(doctor, SOCKET_QUEUE, "queue")) == NULL)
		return;
	client_set_timeout(client, -1);
	if (client_send(client, &errstr, VERB_DB " CHECK") == -1 ||
	    client_receive(client, &item, &errstr) == -1)
		say(doctor, VERDICT_FAULT, "database", "%s", errstr);
	else if (item.kind == RESP_ERROR)
		say(doctor, VERDICT_FAULT, "database", "%.*s", (int)item.len, item.data);
	else
		say(doctor, VERDICT_OK, "database", "in order");
	client_close(client);
}

/* Rows of a list that stand for trouble. */
static void
look_at_list(struct doctor *doctor, const char *verb, const char *what,
    bool (*is_trouble)(const struct value *row, char *words, size_t size))
{
	static const struct view plain = { .member = "rows" };
	struct client *client;
	struct listing listing;
	const struct value *row;
	char words[FAULT_MAX];
	size_t before = doctor->faults;

	if (!has_queue(doctor) || (client = open_socket(doctor, SOCKET_QUEUE, what)) == NULL)
		return;
	if (send_line(client, "%s", verb) == EXIT_OK &&
	    listing_begin(&listing, doctor->session, client, &plain) == 0) {
		while (listing_next(&listing, &row) == 1)
			if (is_trouble(row, words, sizeof(words)))
				say(doctor, VERDICT_FAULT, what, "%s", words);
		if (doctor->faults == before)
			say(doctor, VERDICT_OK, what, "none");
		listing_end(&listing);
	}
	client_close(client);
}

static bool
is_open(const struct value *row, char *words, size_t size)
{
	snprintf(words, size, "%s is %s", row_text(row, "target"), row_text(row, "state"));
	return strcmp(row_text(row, "state"), "closed") != 0;
}

static void
look_at_breakers(struct doctor *doctor)
{
	look_at_list(doctor, VERB_BREAKERS, "breakers", is_open);
}

static bool
is_in_trouble(const struct value *row, char *words, size_t size)
{
	char fault[FAULT_MAX];
	bool is_bad = fault_of_outbox(row, fault, sizeof(fault));

	snprintf(words, size, "%s %s", row_text(row, "name"), fault);
	return is_bad;
}

static void
look_at_outboxes(struct doctor *doctor)
{
	if (doctor->conf != NULL && doctor->conf->outbox_count > 0)
		look_at_list(doctor, VERB_OUTBOXES, "outboxes", is_in_trouble);
}

static bool
is_firing(const struct value *row, char *words, size_t size)
{
	snprintf(words, size, "%s: %s", row_text(row, "name"), row_text(row, "when"));
	return strcmp(row_text(row, "state"), "firing") == 0;
}

static void
look_at_alerts(struct doctor *doctor)
{
	look_at_list(doctor, VERB_ALERTS, "alerts", is_firing);
}

/* What jobs ask. */

static void
look_at_url(struct doctor *doctor, const char *what, const char *url)
{
	char text[REACH_MAX];
	bool is_reached = reach_url(url, text) == 0;

	say(doctor, is_reached ? VERDICT_OK : VERDICT_FAULT, what, "%s", text);
}

static void
look_at_mail(struct doctor *doctor)
{
	if (doctor->conf != NULL && doctor->conf->smtp.url[0] != '\0')
		look_at_url(doctor, "mail", doctor->conf->smtp.url);
}

/* Each URL once, as far as the host; what is only known with a job's arguments is left out. */
static void
look_at_targets(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	const char *url, *other;

	for (size_t i = 0; conf != NULL && i < conf->job_count; i++) {
		bool is_known = false;

		if (conf_http_method(&conf->jobs[i].http, &url) == NULL || reach_is_template(url))
			continue;
		for (size_t j = 0; j < i && !is_known; j++)
			is_known = conf_http_method(&conf->jobs[j].http, &other) != NULL &&
				   strcmp(url, other) == 0;
		if (!is_known)
			look_at_url(doctor, "target", url);
	}
}

int
cmd_doctor(struct session *session, struct client *client, const struct call *call)
{
	struct doctor doctor = { .session = session, .call = call };

	(void)client;
	if (session->json)
		fputs("{\"checks\":[", stdout);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		looks[i](&doctor);
	if (session->json)
		printf("],\"healthy\":%s}\n", doctor.faults == 0 ? "true" : "false");
	conf_free(doctor.conf);
	return doctor.faults == 0 ? EXIT_OK : EXIT_FAILED;
}
