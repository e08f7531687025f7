/* All queues with their limits, workers, and breakers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "handlers.h"
#include "page.h"
#include "page_queue.h"

/* One page with one table. */
struct kind {
	enum page_tab tab;
	const char *id, *title, *empty;
	const char *const *heads;
	void (*row)(struct buf *, const struct request *, const json_t *);
};

static const struct page_action worker_list[] = {
	{"quiet",               "Quiet", VERB_WORKER " quiet", ROLE_OPERATE, NULL,
         "takes no more jobs as soon as it hears of it" },
	{ "terminate", "Terminate", VERB_WORKER " terminate", ROLE_OPERATE,
         "It is asked to end; what it has not finished is tried again.", "ends as soon as it hears of it" },
	{ .word = NULL                },
};
static const struct page_actions worker_actions = { "/workers", "/workers", UPSTREAM_QUEUE,
	worker_list };

static void
put_count(struct buf *page, const struct request *request, const json_t *queue, const char *member,
    const char *state)
{
	int64_t count = member_int(queue, member);

	if (count <= 0) {
		page_cell_int(page, count);
		return;
	}
	buf_printf(page,
	    "<td class=\"number\"><a href=\"%s/jobs?state=%s&amp;queue=", request->prefix, state);
	buf_url(page, member_text(queue, "name"));
	buf_text(page, "\">");
	page_int(page, count);
	buf_text(page, "</a></td>");
}

static void
put_queue(struct buf *page, const struct request *request, const json_t *queue)
{
	const char *name = member_text(queue, "name");
	bool paused = member_is(queue, "paused");

	buf_text(page, "<tr><th scope=\"row\">");
	page_link(page, request, "/queues", name);
	buf_text(page, " ");
	if (paused)
		page_badge(page, "paused");
	buf_text(page, "</th>");
	put_count(page, request, queue, "size", "ready");
	put_count(page, request, queue, "running", "running");
	put_count(page, request, queue, "scheduled", "scheduled");
	put_count(page, request, queue, "retry", "retry");
	put_count(page, request, queue, "dead", "dead");
	page_cell_duration(page, member_int(queue, "latency_ms"));
	buf_text(page, "<td>");
	page_queue_limits(page, queue);
	if (request->identity.role >= ROLE_ADMIN) {
		buf_printf(page, " <a href=\"%s/queues/", request->prefix);
		buf_url(page, name);
		buf_text(page, "#limits\" aria-label=\"Set limits of ");
		buf_html(page, name);
		buf_text(page, "\">Set</a>");
	}
	buf_text(page, "</td><td class=\"actions\">");
	page_button(page, request, &page_queue_actions, paused ? "resume" : "pause", name);
	page_button(page, request, &page_queue_actions, "clear", name);
	buf_text(page, "</td></tr>");
}

static void
put_worker(struct buf *page, const struct request *request, const json_t *worker)
{
	const json_t *running = json_object_get(worker, "running"), *jid,
		     *label = json_array_get(json_object_get(worker, "labels"), 0);
	const char *wid = member_text(worker, "wid");
	size_t i;

	buf_text(page, "<tr><th scope=\"row\"><code>");
	buf_html(page, wid);
	buf_text(page, "</code> ");
	buf_html(page, json_string_value(label));
	buf_text(page, "</th><td>");
	buf_html(page, member_text(worker, "hostname"));
	buf_printf(page, " <span class=\"quiet\">pid %" PRId64 "</span></td><td>",
	    member_int(worker, "pid"));
	page_badge(page, member_text(worker, "state"));
	buf_text(page, "</td>");
	page_cell_time(page, member_text(worker, "started_at"));
	/* The runner has no need to say that it lives: it is gone when its connection is. */
	if (json_string_value(label) != NULL &&
	    strcmp(json_string_value(label), "jobd-runner") == 0)
		page_cell(page, "connected");
	else
		page_cell_time(page, member_text(worker, "beat_at"));
	buf_text(page, "<td>");
	json_array_foreach(running, i, jid)
	{
		if (i == 10) {
			buf_printf(page, "and %zu more", json_array_size(running) - i);
			break;
		}
		page_link(page, request, "/jobs",
		    json_string_value(jid) != NULL ? json_string_value(jid) : "");
		buf_text(page, " ");
	}
	if (json_array_size(running) == 0)
		buf_text(page, "<span class=\"quiet\">none</span>");
	buf_text(page, "</td><td class=\"actions\">");
	page_button(page, request, &worker_actions, "quiet", wid);
	page_button(page, request, &worker_actions, "terminate", wid);
	buf_text(page, "</td></tr>");
}

static void
put_breaker(struct buf *page, const struct request *request, const json_t *breaker)
{
	(void)request;
	buf_text(page, "<tr><th scope=\"row\"><code>");
	buf_html(page, member_text(breaker, "target"));
	buf_text(page, "</code></th><td>");
	page_badge(page, member_text(breaker, "state"));
	buf_text(page, "</td>");
	page_cell_int(page, member_int(breaker, "failures"));
	page_cell_time(page, member_text(breaker, "changed_at"));
	page_cell_time(page, member_text(breaker, "until"));
	buf_text(page, "</tr>");
}

static const char *const queue_heads[] = { "Queue", "#Ready", "#Running", "#Scheduled", "#Retry",
	"#Dead", "#Waits", "Limits", "Actions", NULL };
static const char *const worker_heads[] = { "Worker", "Host", "State", "Since", "Last heard",
	"Jobs", "Actions", NULL };
static const char *const breaker_heads[] = { "Target", "State", "#Failures in a row", "Changed",
	"Tried again", NULL };

static const struct kind queues = { TAB_QUEUES, "queues", "Queues",
	"There is no queue yet: the first job makes one.", queue_heads, put_queue };
static const struct kind workers = { TAB_WORKERS, "workers", "Workers", "No worker is connected.",
	worker_heads, put_worker };
static const struct kind breakers = { TAB_BREAKERS, "breakers", "Breakers",
	"No target has failed yet. Job types with a breaker leave a target alone for a while when "
	"it fails again and again.",
	breaker_heads, put_breaker };

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
	page_live_begin(&page, kind->id);
	if (json_array_size(list) == 0)
		buf_printf(&page, "<p class=\"empty\">%s</p>", kind->empty);
	else {
		page_table_begin(&page, kind->title, kind->heads);
		json_array_foreach(list, i, item) kind->row(&page, request, item);
		page_table_end(&page);
	}
	page_live_end(&page);
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
page_queues(struct request *request)
{
	show(request, &queues, VERB_QUEUES);
}

void
page_workers(struct request *request)
{
	show(request, &workers, VERB_WORKERS);
}

void
page_breakers(struct request *request)
{
	show(request, &breakers, VERB_BREAKERS);
}

void
page_worker_act(struct request *request)
{
	page_act(request, &worker_actions);
}
