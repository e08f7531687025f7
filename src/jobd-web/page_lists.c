/* Schedules, queues and workers. */
#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"

/* One page with one table. */
struct kind {
	enum page_tab tab;
	const char *title, *path, *empty;
	const char *const *heads;
	void (*row)(struct buf *, const struct request *, const json_t *);
};

static void
put_schedule(struct buf *page, const struct request *request, const json_t *schedule)
{
	const char *name = member_text(schedule, "name");
	bool paused = member_is(schedule, "paused");
	const json_t *last = json_object_get(schedule, "last");

	buf_text(page, "<tr><th scope=\"row\">");
	buf_html(page, name);
	buf_text(page, "</th>");
	page_cell(page, member_text(schedule, "schedule"));
	page_cell_time(page, member_text(schedule, "next_at"));
	page_cell_time(page, member_text(last, "due_at"));
	buf_text(page, "<td>");
	if (paused)
		page_badge(page, "paused");
	buf_text(page, "</td><td class=\"actions\">");
	page_button(page, request, ROLE_OPERATE, "/schedules", name, "run", "Run now");
	if (member_text(schedule, "schedule")[0] != '\0')
		page_button(page, request, ROLE_OPERATE, "/schedules", name,
		    paused ? "resume" : "pause", paused ? "Resume" : "Pause");
	buf_text(page, "</td></tr>");
}

static void
put_queue(struct buf *page, const struct request *request, const json_t *queue)
{
	const char *name = member_text(queue, "name");
	bool paused = member_is(queue, "paused");

	buf_text(page, "<tr><th scope=\"row\">");
	buf_html(page, name);
	buf_text(page, "</th>");
	page_cell_int(page, member_int(queue, "size"));
	page_cell_int(page, member_int(queue, "running"));
	page_cell_int(page, member_int(queue, "dead"));
	page_cell_int(page, member_int(queue, "latency_ms"));
	buf_text(page, "<td>");
	if (paused)
		page_badge(page, "paused");
	buf_text(page, "</td><td class=\"actions\">");
	page_button(page, request, ROLE_OPERATE, "/queues", name, paused ? "resume" : "pause",
	    paused ? "Resume" : "Pause");
	page_button(page, request, ROLE_ADMIN, "/queues", name, "clear", "Clear");
	buf_text(page, "</td></tr>");
}

static void
put_worker(struct buf *page, const struct request *request, const json_t *worker)
{
	const char *wid = member_text(worker, "wid");

	buf_text(page, "<tr><th scope=\"row\">");
	buf_html(page, wid);
	buf_text(page, "</th>");
	page_cell(page, member_text(worker, "hostname"));
	page_cell_int(page, member_int(worker, "pid"));
	buf_text(page, "<td>");
	page_badge(page, member_text(worker, "state"));
	buf_text(page, "</td>");
	page_cell_time(page, member_text(worker, "started_at"));
	page_cell_int(page, (int64_t)json_array_size(json_object_get(worker, "running")));
	buf_text(page, "<td class=\"actions\">");
	page_button(page, request, ROLE_OPERATE, "/workers", wid, "quiet", "Quiet");
	page_button(page, request, ROLE_OPERATE, "/workers", wid, "terminate", "Terminate");
	buf_text(page, "</td></tr>");
}

static const char *const schedule_heads[] = { "Name", "When", "Next", "Last", "State", "Actions",
	NULL };
static const char *const queue_heads[] = { "Name", "Ready", "Running", "Dead", "Waiting (ms)",
	"State", "Actions", NULL };
static const char *const worker_heads[] = { "Worker", "Host", "Pid", "State", "Since", "Jobs",
	"Actions", NULL };

static const struct kind schedules = { TAB_SCHEDULES, "Schedules", "/schedules",
	"There is no schedule.", schedule_heads, put_schedule };
static const struct kind queues = { TAB_QUEUES, "Queues", "/queues", "There is no queue yet.",
	queue_heads, put_queue };
static const struct kind workers = { TAB_WORKERS, "Workers", "/workers", "No worker is connected.",
	worker_heads, put_worker };

static void
then_list(struct request *request)
{
	const struct kind *kind = request->state;
	struct buf page = { 0 };
	const json_t *item;
	json_t *list;
	size_t i;

	if (!page_reply_is_good(request, 0))
		return;
	list = page_list(request, 0);
	page_begin(&page, request, kind->tab, kind->title);
	if (json_array_size(list) == 0)
		buf_printf(&page, "<p>%s</p>", kind->empty);
	else {
		page_table_begin(&page, kind->title, kind->heads);
		json_array_foreach(list, i, item) kind->row(&page, request, item);
		page_table_end(&page);
	}
	json_decref(list);
	page_end(&page, request, MHD_HTTP_OK);
}

static void
show(struct request *request, const struct kind *kind, const char *line)
{
	request->state = (void *)(uintptr_t)kind;
	request_ask(request, UPSTREAM_QUEUE, "%s", line);
	request_then(request, then_list);
}

void
page_schedules(struct request *request)
{
	show(request, &schedules, VERB_SCHEDULES);
}

void
page_queues(struct request *request)
{
	show(request, &queues, VERB_QUEUES);
}

void
page_workers(struct request *request)
{
	show(request, &workers, VERB_WORKERS);
}

static void
then_back(struct request *request)
{
	const struct kind *kind = request->state;

	if (page_reply_is_good(request, 0))
		page_back(request, kind->path);
}

/* What a button posts to, and what is asked then. */
struct action {
	const char *word;
	const char *verb;
	enum role role;
};

static void
act(struct request *request, const struct kind *kind, const struct action *action)
{
	const char *name = api_name(request);

	while (action->word != NULL && strcmp(action->word, request->parameters[1]) != 0)
		action++;
	if (name == NULL)
		return;
	if (action->word == NULL || request->identity.role < action->role) {
		page_problem(request,
		    action->word == NULL ? MHD_HTTP_NOT_FOUND : MHD_HTTP_FORBIDDEN,
		    action->word == NULL ? "There is no such action." : "You may not do that.");
		return;
	}
	request->state = (void *)(uintptr_t)kind;
	if (strcmp(action->verb, VERB_RUN) == 0)
		api_ask_json(request, UPSTREAM_QUEUE, VERB_RUN, json_pack("{s:s}", "job", name));
	else
		request_ask(request, UPSTREAM_QUEUE, "%s %s", action->verb, name);
	request_then(request, then_back);
}

void
page_schedule_act(struct request *request)
{
	static const struct action actions[] = {
		{"run",         VERB_RUN, ROLE_OPERATE },
                { "pause", VERB_PAUSE, ROLE_OPERATE },
		{ "resume",      VERB_RESUME, ROLE_OPERATE },
                { .word = NULL}
	};

	act(request, &schedules, actions);
}

void
page_queue_act(struct request *request)
{
	static const struct action actions[] = {
		{"pause",       VERB_QUEUE " PAUSE", ROLE_OPERATE },
		{ "resume", VERB_QUEUE " RESUME", ROLE_OPERATE },
		{ "clear",     VERB_QUEUE " CLEAR", ROLE_ADMIN },
                { .word = NULL}
	};

	act(request, &queues, actions);
}

void
page_worker_act(struct request *request)
{
	static const struct action actions[] = {
		{"quiet",       VERB_WORKER " quiet", ROLE_OPERATE },
		{ "terminate", VERB_WORKER " terminate", ROLE_OPERATE },
                { .word = NULL }
	};

	act(request, &workers, actions);
}
