/* The description of the API for people: what openapi.json says, as a page. */
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "handlers.h"
#include "page.h"

static const char *const methods[] = { "get", "post", "put", "patch", "delete" };

static const json_t *
resolve(const json_t *document, const json_t *schema)
{
	static const char begin[] = "#/components/schemas/";
	const char *ref = json_string_value(json_object_get(schema, "$ref"));

	if (ref == NULL || strncmp(ref, begin, sizeof(begin) - 1) != 0)
		return schema;
	return json_object_get(json_object_get(json_object_get(document, "components"), "schemas"),
	    ref + sizeof(begin) - 1);
}

/* What its query takes, and the members of its body. */
static void
put_input(struct buf *page, const json_t *document, const json_t *operation)
{
	const json_t *parameter, *body, *schema;
	json_t *value, *members;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
	{
		if (strcmp(member_text(parameter, "in"), "path") == 0)
			continue;
		buf_text(page, "<code>");
		buf_html(page, strcmp(member_text(parameter, "in"), "query") == 0 ? "?" : "");
		buf_html(page, member_text(parameter, "name"));
		buf_text(page, "</code> ");
	}
	body = json_object_get(json_object_get(operation, "requestBody"), "content");
	schema =
	    resolve(document, json_object_get(json_object_get(body, "application/json"), "schema"));
	if (json_object_get(schema, "oneOf") != NULL)
		schema = resolve(document, json_array_get(json_object_get(schema, "oneOf"), 0));
	members = json_object_get(schema, "properties");
	if (members == NULL)
		return;
	buf_text(page, "{ ");
	json_object_foreach(members, name, value)
	{
		buf_text(page, "<code>");
		buf_html(page, name);
		buf_text(page, "</code> ");
	}
	buf_text(page, "}");
}

static void
put_answers(struct buf *page, const json_t *operation)
{
	json_t *value, *responses = json_object_get(operation, "responses");
	const char *status;
	bool first = true;

	json_object_foreach(responses, status, value)
	{
		if (strcmp(status, "default") == 0)
			continue;
		buf_text(page, first ? "" : ", ");
		buf_html(page, status);
		first = false;
	}
}

static void
put_operation(struct buf *page, const json_t *document, const char *path, const char *method,
    const json_t *operation)
{
	char capitals[8];
	size_t len = 0;

	for (; method[len] != '\0' && len < sizeof(capitals) - 1; len++)
		capitals[len] = (char)(method[len] - 'a' + 'A');
	capitals[len] = '\0';
	buf_printf(page, "<tr><th scope=\"row\"><code>%s ", capitals);
	buf_html(page, path);
	buf_text(page, "</code></th><td>");
	buf_html(page, member_text(operation, "summary"));
	buf_text(page, "</td><td class=\"wrap\">");
	put_input(page, document, operation);
	buf_text(page, "</td><td>");
	put_answers(page, operation);
	buf_text(page, "</td><td>");
	buf_html(page, member_text(operation, "x-jobd-role"));
	buf_text(page, "</td></tr>");
}

void
page_api(struct request *request)
{
	static const char *const heads[] = { "Request", "For", "Query and body", "Answers", "Role",
		NULL };
	const struct file *file = file_find("openapi.json");
	json_t *document =
	    file != NULL ? json_loadb((const char *)file->data, file->len, 0, NULL) : NULL;
	json_t *item, *paths = json_object_get(document, "paths");
	struct buf page = { 0 };
	const char *path;

	page_begin(&page, request, TAB_NONE, "API");
	buf_printf(&page,
	    "<p>For machines the same stands in <a "
	    "href=\"%s/api/v1/openapi.json\">openapi.json</a> "
	    "(OpenAPI 3.1). What goes wrong is a problem document (RFC 9457).</p>",
	    request->prefix);
	page_table_begin(&page, "Every request of the API", heads);
	json_object_foreach(paths, path, item)
	{
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
			if (json_object_get(item, methods[i]) != NULL)
				put_operation(&page, document, path, methods[i],
				    json_object_get(item, methods[i]));
	}
	page_table_end(&page);
	json_decref(document);
	page_end(&page, request, MHD_HTTP_OK);
}
