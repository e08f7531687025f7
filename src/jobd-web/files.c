#include <string.h>

#include "files.h"
#include "handlers.h"
#include "request.h"

const struct file *
file_find(const char *name)
{
	for (const struct file *file = embedded_files; file->name != NULL; file++)
		if (strcmp(file->name, name) == 0)
			return file;
	return NULL;
}

static void
respond_file(struct request *request, const char *name, const char *type)
{
	const struct file *file = file_find(name);
	struct buf text = { 0 };

	if (file == NULL) {
		respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no such file");
		return;
	}
	buf_add(&text, file->data, file->len);
	respond(request, MHD_HTTP_OK, type, &text);
}

void
file_openapi(struct request *request)
{
	respond_file(request, "openapi.json", "application/json");
}

void
file_style(struct request *request)
{
	respond_file(request, "style.css", "text/css; charset=utf-8");
}

void
file_script(struct request *request)
{
	respond_file(request, "live.js", "text/javascript; charset=utf-8");
}

void
file_icon(struct request *request)
{
	respond_file(request, "icon.svg", "image/svg+xml");
}
