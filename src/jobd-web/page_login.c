/* Logging in and out. */
#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "listener.h"
#include "page.h"

static void
put_form(struct request *request, unsigned int status, const char *wrong)
{
	struct buf page = { 0 };

	page_begin(&page, request, TAB_NONE, "Log in");
	if (wrong != NULL)
		buf_printf(&page, "<p class=\"note bad\" role=\"alert\">%s</p>", wrong);
	buf_printf(&page,
	    "<form class=\"login\" method=\"post\" action=\"%s/login\"><label>Name <input "
	    "name=\"name\" autocomplete=\"username\" required autofocus></label><label>Password "
	    "<input "
	    "name=\"password\" type=\"password\" autocomplete=\"current-password\" "
	    "required></label><button>Log in</button></form>",
	    request->prefix);
	page_end(&page, request, status);
}

void
page_login(struct request *request)
{
	put_form(request, MHD_HTTP_OK, NULL);
}

static void
set_cookie(struct request *request, const char *key)
{
	const char *proto = request_header(request, "X-Forwarded-Proto");
	bool is_https =
	    listener_peer_is_tls(request->peer) || (proto != NULL && strcmp(proto, "https") == 0);
	char cookie[256];

	snprintf(cookie, sizeof(cookie), AUTH_COOKIE "=%s; Path=%s/; HttpOnly; SameSite=Strict%s%s",
	    key, request->prefix, key[0] == '\0' ? "; Max-Age=0" : "", is_https ? "; Secure" : "");
	respond_header(request, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

void
page_login_post(struct request *request)
{
	const char *name = pairs_find(&request->form, "name");
	const char *password = pairs_find(&request->form, "password");
	char key[AUTH_KEY_LEN + 1], wait[16];
	int wait_sec = 0;

	switch (auth_login(name != NULL ? name : "", password != NULL ? password : "",
	    request->address, key, &wait_sec)) {
	case AUTH_OK:
		strlcpy(request->identity.name, name != NULL ? name : "",
		    sizeof(request->identity.name));
		respond_redirect(request, "/");
		set_cookie(request, key);
		break;
	case AUTH_WRONG:
		put_form(request, MHD_HTTP_FORBIDDEN, "The name or the password is wrong.");
		break;
	case AUTH_LATER:
		put_form(request, MHD_HTTP_TOO_MANY_REQUESTS, "Too many attempts: wait a minute.");
		snprintf(wait, sizeof(wait), "%d", wait_sec);
		respond_header(request, MHD_HTTP_HEADER_RETRY_AFTER, wait);
		break;
	}
}

void
page_logout(struct request *request)
{
	auth_logout(request_header(request, MHD_HTTP_HEADER_COOKIE));
	respond_redirect(request, "/login");
	set_cookie(request, "");
}
