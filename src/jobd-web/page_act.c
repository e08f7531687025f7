/* Buttons: forms that post to BASE/NAME/WORD, and the question before what can't be undone. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "page.h"

static const struct page_action *
find(const struct page_actions *actions, const char *word)
{
	const struct page_action *action = actions->list;

	while (action->word != NULL && strcmp(action->word, word) != 0)
		action++;
	return action->word != NULL ? action : NULL;
}

void
page_button(struct buf *page, const struct request *request, const struct page_actions *actions,
    const char *word, const char *name)
{
	const struct page_action *action = find(actions, word);

	if (action == NULL || request->identity.role < action->role)
		return;
	buf_printf(page, "<form method=\"post\" action=\"%s%s/", request->prefix, actions->base);
	buf_url(page, name);
	buf_printf(page, "/%s\"", word);
	if (action->sure != NULL)
		buf_printf(page, " data-sure=\"%s\"", action->sure);
	buf_printf(page, "><button%s aria-label=\"%s ",
	    action->sure != NULL ? " class=\"danger\"" : "", action->label);
	buf_html(page, name);
	buf_printf(page, "\">%s</button></form>", action->label);
}

/* All that the form said comes again, with where it stood. */
static void
put_question(struct buf *page, struct request *request, const char *text, const char *button)
{
	const char *back = page_origin(request);

	buf_text(page, "<div class=\"card question\"><p>");
	buf_html(page, text);
	buf_printf(page, "</p><form method=\"post\" action=\"%s", request->prefix);
	for (const char *at = request->path; *at != '\0'; at++) {
		char one[2] = { *at, '\0' };

		if (*at == '/')
			buf_text(page, "/");
		else
			buf_url(page, one);
	}
	buf_text(page, "\">");
	for (size_t i = 0; i < request->form.count; i++)
		if (strcmp(request->form.list[i].name, "back") != 0)
			page_hidden(page, request->form.list[i].name, request->form.list[i].value);
	page_hidden(page, "sure", "1");
	if (back != NULL)
		buf_printf(
		    page, "<input type=\"hidden\" name=\"back\" value=\"%s", request->prefix);
	buf_html(page, back);
	buf_printf(page,
	    "%s<div class=\"actions\"><button class=\"danger\" autofocus>%s</button> <a "
	    "href=\"%s",
	    back != NULL ? "\">" : "", button, request->prefix);
	buf_html(page, back != NULL ? back : "/");
	buf_text(page, "\">No, go back</a></div></form></div>");
}

const char *
page_name(struct request *request)
{
	const char *name = api_name(request);

	if (name == NULL)
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is nothing of that name.");
	return name;
}

const char *
page_program_name(struct request *request)
{
	const char *name = api_program_name(request);

	if (name == NULL)
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such program.");
	return name;
}

bool
page_is_sure(struct request *request, const char *title, const char *text, const char *button)
{
	const char *sure = pairs_find(&request->form, "sure");
	struct buf page = { 0 };

	if (sure != NULL && strcmp(sure, "1") == 0)
		return true;
	page_begin(&page, request, TAB_NONE, title);
	put_question(&page, request, text, button);
	page_end(&page, request, MHD_HTTP_OK);
	return false;
}

const struct page_action *
page_action_of(struct request *request, const struct page_actions *actions)
{
	const struct page_action *action = find(actions, request->parameters[1]);
	char title[URL_SEGMENT_MAX + 64];

	if (action == NULL) {
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such action.");
		return NULL;
	}
	if (request->identity.role < action->role) {
		page_problem(request, MHD_HTTP_FORBIDDEN, "You may not do that.");
		return NULL;
	}
	snprintf(title, sizeof(title), "%s %s?", action->label, request->parameters[0]);
	if (action->sure != NULL && !page_is_sure(request, title, action->sure, action->label))
		return NULL;
	return action;
}

/* A list of results says for each program what came of it. */
static bool
results_are_good(struct request *request)
{
	json_t *list = page_list(request, 0);
	const json_t *result;
	bool good = true;
	size_t i;

	json_array_foreach(list, i, result)
	{
		if (!good || strcmp(member_text(result, "result"), "error") != 0)
			continue;
		page_problem(request,
		    strcmp(member_text(result, "code"), "no_such_program") == 0 ? MHD_HTTP_NOT_FOUND
										: MHD_HTTP_CONFLICT,
		    member_text(result, "message"));
		good = false;
	}
	json_decref(list);
	return good;
}

static void
then_acted(struct request *request)
{
	const struct page_actions *actions = request->state;
	const struct page_action *action = find(actions, request->parameters[1]);
	struct buf path = { 0 };

	if (!page_reply_is_good(request, 0) || !results_are_good(request))
		return;
	if (actions->target != NULL)
		buf_text(&path, actions->target);
	else {
		buf_printf(&path, "%s/", actions->base);
		buf_url(&path, request->parameters[0]);
	}
	page_back(request, path.failed ? "/" : path.data);
	page_note(request, "%s %s.", request->parameters[0], action->done);
	buf_free(&path);
}

void
page_act(struct request *request, const struct page_actions *actions)
{
	const char *name =
	    actions->socket == UPSTREAM_CONTROL ? page_program_name(request) : page_name(request);
	const struct page_action *action = name != NULL ? page_action_of(request, actions) : NULL;

	if (action == NULL)
		return;
	request->state = (void *)(uintptr_t)actions;
	request_ask(request, actions->socket, "%s %s", action->verb, name);
	request_then(request, then_acted);
}
