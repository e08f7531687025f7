/* The switch between dark and light: a cookie, so that it works without a script. */
#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "page.h"

void
page_theme(struct request *request)
{
	static const char *const known[] = { "auto", "dark", "light" };
	const char *theme = pairs_find(&request->form, "theme");
	char cookie[256];

	for (size_t i = 0; theme != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(theme, known[i]) != 0)
			continue;
		page_back(request, "/");
		snprintf(cookie, sizeof(cookie),
		    "jobd_theme=%s; Path=%s/; Max-Age=31536000; HttpOnly; SameSite=Lax", known[i],
		    request->prefix);
		respond_header(request, MHD_HTTP_HEADER_SET_COOKIE, cookie);
		return;
	}
	page_problem(request, MHD_HTTP_BAD_REQUEST, "There is no such theme.");
}
