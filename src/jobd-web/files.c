#include <string.h>

#include "files.h"
#include "handlers.h"
#include "request.h"

static void
respond_file(struct request *request, const char *name, const char *type)
{
	const struct file *file = embedded_files;
	struct buf text = { 0 };

	while (file->name != NULL && strcmp(file->name, name) != 0)
		file++;
	if (file->name == NULL) {
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
