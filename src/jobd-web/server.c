#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/text.h"

#include "audit.h"
#include "forwarded.h"
#include "head.h"
#include "listener.h"
#include "request.h"
#include "route.h"
#include "scope.h"
#include "server.h"
#include "webhook.h"

/* A longer body that is not wanted is cut off. */
#define DROP_MAX (64LL << 20)

static const struct conf_web *web;

static bool prepare(struct request *, const char *method);
static bool take_target(struct request *);
static void take_prefix(struct request *);
static void take_address(struct request *);
static bool is_host_known(const struct request *);
static bool is_same_origin(const struct request *);
static bool is_allowed(struct request *);
static void take_body(struct request *, const char *data, size_t len);
static void handle(struct request *);
static enum MHD_Result send_response(struct request *);
static bool is_worth_its_end(const struct request *);

void
server_configure(const struct conf_web *conf)
{
	web = conf;
}

void *
server_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct request *request = request_new(target);

	(void)arg;
	if (request != NULL)
		request->connection = connection;
	return request;
}

void
server_done(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct request *request = *context;

	(void)arg;
	(void)connection;
	(void)code;
	if (request != NULL) {
		/* Who is gone before his answer may have changed something nevertheless. */
		if (request->stay.stays)
			audit_log(request);
		listener_leave(&request->stay);
		listener_peer_busy(request->peer, false);
	}
	request_free(request);
	*context = NULL;
}

/* The query is cut off before anything is decoded. */
static bool
take_target(struct request *request)
{
	char *query = strchr(request->target, '?');
	size_t len = strlen(web->prefix);

	if (query != NULL)
		*query++ = '\0';
	if (url_decode(request->target, false) == -1 ||
	    (query != NULL && pairs_parse(query, &request->query) == -1)) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "the address has a broken escape");
		return false;
	}
	request->path = request->target;
	/* Proxies hand paths on with their prefix, or without. */
	if (len > 0 && strncmp(request->path, web->prefix, len) == 0 &&
	    (request->path[len] == '/' || request->path[len] == '\0'))
		request->path += len;
	if (request->path[0] == '\0')
		request->path = "/";
	if (!url_path_is_plain(request->path)) {
		respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no such path");
		return false;
	}
	return true;
}

static void
take_prefix(struct request *request)
{
	const char *given = request_header(request, "X-Forwarded-Prefix");
	size_t len = given != NULL ? strlen(given) : 0;

	strlcpy(request->prefix, web->prefix, sizeof(request->prefix));
	if (len < 2 || len >= sizeof(request->prefix) || given[0] != '/' || given[1] == '/' ||
	    strspn(given, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-") !=
		len)
		return;
	strlcpy(request->prefix, given, sizeof(request->prefix));
	if (request->prefix[len - 1] == '/')
		request->prefix[len - 1] = '\0';
}

/*
 * While nobody is asked who he is, a page of somebody else whose name was made to point at us must
 * not be able to ask either (DNS rebinding): only addresses and known names.
 */
static bool
is_host_known(const struct request *request)
{
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
	unsigned char address[sizeof(struct in6_addr)];
	char name[256];
	size_t len;

	if (host == NULL || host[0] == '\0' || listener_peer_is_unix(request->peer))
		return true;
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	strlcpy(name, host, len + 1 < sizeof(name) ? len + 1 : sizeof(name));
	if (name[0] == '[' || strcasecmp(name, "localhost") == 0 ||
	    inet_pton(AF_INET, name, address) == 1)
		return true;
	for (char *const *known = web->hosts; *known != NULL; known++)
		if (strcasecmp(*known, name) == 0)
			return true;
	return false;
}

/* Browsers say where a request that changes something comes from; others do not. */
static bool
is_same_origin(const struct request *request)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
	const char *there;

	if (site != NULL)
		return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
	if (origin == NULL)
		return true;
	there = strstr(origin, "://");
	return there != NULL && host != NULL && strcasecmp(there + 3, host) == 0;
}

/* Who asks, and may he?  False: it has been answered. */
static bool
is_allowed(struct request *request)
{
	const char *authorization = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *cookie = request_header(request, MHD_HTTP_HEADER_COOKIE);
	enum role wanted = request->route->role;
	bool open = auth_is_open(), by_token = false;

	if (open)
		request->identity.role = ROLE_ADMIN;
	else if (!(by_token = auth_by_token(authorization, &request->identity)))
		auth_by_cookie(cookie, &request->identity);
	/* What everybody may see is the same for everybody. */
	if (wanted == ROLE_NONE && scope_is_confined(request))
		request->identity = (struct identity){ .role = ROLE_NONE };
	if (open && wanted > ROLE_NONE && !is_host_known(request)) {
		respond_problem(request, MHD_HTTP_FORBIDDEN,
		    "not under this name: without users and tokens only addresses, localhost and "
		    "the names of the option 'hosts' are answered");
		return false;
	}
	if (request->method != METHOD_GET && !by_token && !is_same_origin(request)) {
		respond_problem(
		    request, MHD_HTTP_FORBIDDEN, "the request was made by a page of another site");
		return false;
	}
	if (request->identity.role >= wanted && scope_is_open(request))
		return true;
	if (request->identity.role >= wanted && strcmp(request->route->path, "/") == 0) {
		respond_redirect(request, "/jobs");
		return false;
	}
	if (request->identity.role >= wanted) {
		respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no such path");
		return false;
	}
	if (request->identity.role == ROLE_NONE && request->route->kind == ROUTE_PAGE &&
	    auth_has_users()) {
		respond_redirect(request, "/login");
		return false;
	}
	if (request->identity.role == ROLE_NONE) {
		respond_problem(request, MHD_HTTP_UNAUTHORIZED, "say who you are");
		respond_header(request, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"jobd\"");
	} else
		respond_problem(request, MHD_HTTP_FORBIDDEN, "'%s' may %s; this needs %s",
		    request->identity.name, role_word(request->identity.role), role_word(wanted));
	return false;
}

/* Of several headers the last one is that of the proxy next to us. */
static enum MHD_Result
keep_forwarded(void *last, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	if (strcasecmp(name, "X-Forwarded-For") == 0)
		*(const char **)last = value;
	return MHD_YES;
}

static void
take_address(struct request *request)
{
	const char *list = NULL;

	if (web->proxies[0] != NULL)
		MHD_get_connection_values(
		    request->connection, MHD_HEADER_KIND, keep_forwarded, &list);
	forwarded_address(listener_peer_address(request->peer), list, web->proxies,
	    request->address, sizeof(request->address));
}

/* The head is there.  False: it has been answered. */
static bool
prepare(struct request *request, const char *method)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	char allow[64];
	unsigned int status;

	request->peer = info != NULL ? info->socket_context : NULL;
	take_address(request);
	request->method = method_from_word(method);
	take_prefix(request);
	if (request->method == 0) {
		respond_problem(request, MHD_HTTP_NOT_IMPLEMENTED, "no such method");
		return false;
	}
	if (!head_is_well_formed(request, web->body_max_bytes) || !take_target(request))
		return false;
	if ((status = route_find(request, allow, sizeof(allow))) == MHD_HTTP_NOT_FOUND)
		status = webhook_find(request, allow, sizeof(allow));
	if (status != 0) {
		respond_problem(request, status, "%s",
		    status == MHD_HTTP_NOT_FOUND ? "there is no such path"
						 : "the path does not take this method");
		if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
			respond_header(request, MHD_HTTP_HEADER_ALLOW, allow);
		return false;
	}
	return request->route->kind == ROUTE_HOOK ? webhook_begin(request) : is_allowed(request);
}

static void
take_body(struct request *request, const char *data, size_t len)
{
	if (request->response != NULL)
		return;
	if (request->body.len + len > (size_t)web->body_max_bytes)
		respond_problem(request, MHD_HTTP_CONTENT_TOO_LARGE,
		    "the body is longer than %lld bytes (option 'body_max')",
		    (long long)web->body_max_bytes);
	else
		buf_add(&request->body, data, len);
}

/* The request is whole. */
static void
handle(struct request *request)
{
	request->handled = true;
	listener_peer_busy(request->peer, true);
	if (request->response != NULL)
		return;
	if (request->body.failed) {
		respond_unavailable(request, "no memory for the body");
		return;
	}
	buf_add(&request->body, "", 0);
	if (request->route->kind == ROUTE_PAGE && request->method == METHOD_POST &&
	    pairs_parse(request->body.data, &request->form) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "the form can't be read");
		return;
	}
	request->route->handler(request);
}

static enum MHD_Result
send_response(struct request *request)
{
	enum MHD_Result result;

	if (request->route != NULL && request->route->kind == ROUTE_HOOK)
		webhook_answered(request);
	else
		audit_log(request);
	audit_tell(request);
	listener_leave(&request->stay);
	listener_goes_on();
	result = MHD_queue_response(request->connection, request->status, request->response);
	respond_drop(request);
	return result;
}

/*
 * To an answer that comes before the request's end the library closes the connection; and if a body
 * still comes in, that is a reset, and the answer may not be read.  Who waits to be asked for the
 * body does not send it.
 */
static bool
is_worth_its_end(const struct request *request)
{
	const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *coding = request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
	const char *errstr;
	int64_t bytes;

	if (length == NULL && coding == NULL)
		return request->status != MHD_HTTP_BAD_REQUEST;
	return length != NULL && request_header(request, MHD_HTTP_HEADER_EXPECT) == NULL &&
	       text_to_int(length, 0, DROP_MAX, &bytes, &errstr) == 0 &&
	       request->status != MHD_HTTP_BAD_REQUEST;
}

enum MHD_Result
server_handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *data_len, void **context)
{
	struct request *request = *context;

	(void)arg;
	(void)url;
	(void)version;
	if (request == NULL)
		return MHD_NO;
	request->connection = connection;
	/* The first call is for the head, the last one for the end. */
	if (!request->prepared) {
		request->prepared = true;
		if (prepare(request, method) || is_worth_its_end(request))
			return MHD_YES;
		listener_peer_busy(request->peer, true);
		return send_response(request);
	}
	if (*data_len > 0) {
		take_body(request, data, *data_len);
		listener_goes_on();
		*data_len = 0;
		return MHD_YES;
	}
	if (!request->handled)
		handle(request);
	if (request->response == NULL && request->pending == 0)
		respond_problem(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "no answer was made");
	if (request->response != NULL)
		return send_response(request);
	request_wait(request);
	return MHD_YES;
}
