#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "route.h"
#include "scope.h"

#define V1 "/api/v1"

/* Where a path of the table may begin; a route that is new is closed to them. */
static const char *const open[] = { V1 "/jobs", V1 "/schedules", V1 "/batches", V1 "/events",
	V1 "/metrics", "/jobs", "/schedules" };

bool
scope_is_confined(const struct request *request)
{
	return request->identity.tag[0] != '\0';
}

bool
scope_is_open(const struct request *request)
{
	const char *path = request->route->path;

	if (!scope_is_confined(request) || request->route->role == ROLE_NONE)
		return true;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		size_t len = strlen(open[i]);

		if (strncmp(path, open[i], len) == 0 && (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

/* Without anything that the scheduler would not take. */
static void
name_caller(const struct request *request, char *name, size_t size)
{
	if (request->route->kind == ROUTE_HOOK)
		snprintf(name, size, "webhook:%.60s", request->path);
	else if (request->identity.name[0] != '\0')
		strlcpy(name, request->identity.name, size);
	else
		strlcpy(name, auth_is_open() ? "anybody" : "nobody", size);
	for (char *at = name; *at != '\0'; at++)
		if ((unsigned char)*at <= 0x20 || *at == '"' || *at == '\\' || *at == 0x7f)
			*at = '_';
}

void
scope_words(const struct request *request, struct buf *out)
{
	char name[128];

	if (request->method == METHOD_GET && !scope_is_confined(request))
		return;
	name_caller(request, name, sizeof(name));
	buf_text(out, VERB_AS " {\"who\":");
	buf_json(out, name);
	buf_text(out, ",\"from\":");
	buf_json(out, request->address[0] != '\0' ? request->address : "local");
	if (scope_is_confined(request)) {
		buf_text(out, ",\"tag\":");
		buf_json(out, request->identity.tag);
	}
	/* Webhooks make what the configuration says. */
	if (request->route->kind != ROUTE_HOOK && request->identity.role < ROLE_ADMIN)
		buf_text(out, ",\"role\":\"operate\"");
	buf_text(out, "}");
}

void
scope_own_name(const struct request *request, const char *name, struct buf *out)
{
	if (scope_is_confined(request))
		buf_printf(out, "%s ", request->identity.tag);
	buf_text(out, name);
}
