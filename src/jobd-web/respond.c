/* What goes out: headers, compression, entity tags, problem documents. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/log.h"

#include "request.h"
#include "route.h"

/* Shorter texts grow when they are compressed, or fit in one packet anyway. */
#define COMPRESS_MIN 860
#define RETRY_AFTER  "2"
/* Two sums, a length, quotes and the final NUL. */
#define TAG_SIZE 40
/* What makes a longer text may have taken a multiple of its memory. */
#define LONG_TEXT 16384

static bool was_long;

struct header {
	const char *name, *value;
};

/* With what a browser shows as a page.  The last one of a list has no name. */
static const struct header of_pages[] = {
	{"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
	    "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	{ "X-Content-Type-Options",       "nosniff"                              },
	{ "X-Frame-Options",              "DENY"                                 },
	{ "Referrer-Policy",              "same-origin"                          },
	{ "Cross-Origin-Opener-Policy",   "same-origin"                          },
	{ "Cross-Origin-Resource-Policy", "same-origin"                          },
	{ NULL,			   NULL				   },
};

/*
 * With what a program reads, should it ever come to a browser: nothing in it is loaded or run, no
 * page frames it, no page of another site reads it.  It has no links and opens no windows.
 */
static const struct header of_data[] = {
	{"Content-Security-Policy",       "default-src 'none'; frame-ancestors 'none'"},
	{ "X-Content-Type-Options",       "nosniff"                                   },
	{ "Cross-Origin-Resource-Policy", "same-origin"                               },
	{ NULL,			   NULL					},
};

static void take_response(
    struct request *, unsigned int status, struct MHD_Response *, struct usual *);
static bool accepts_gzip(const struct request *);
static bool compress_text(struct buf *);
static void make_tag(const struct buf *, char tag[TAG_SIZE]);
static bool has_tag(const struct request *, const char *tag);

void
respond_header(struct request *request, const char *name, const char *value)
{
	if (request->usual != NULL)
		usual_add_header(request->usual, name, value);
	else if (request->response != NULL)
		MHD_add_response_header(request->response, name, value);
}

/* What has no route may be asked for by anybody. */
static bool
is_for_program(const struct request *request)
{
	return request->route != NULL && request->route->kind != ROUTE_PAGE;
}

static void
add_headers(struct MHD_Response *response, const struct header *header)
{
	for (; header->name != NULL; header++)
		MHD_add_response_header(response, header->name, header->value);
}

void
respond_drop(struct request *request)
{
	if (request->response != NULL && request->usual == NULL)
		MHD_destroy_response(request->response);
	request->response = NULL;
}

/* In the place of the one before; either response is NULL. */
static void
take_response(struct request *request, unsigned int status, struct MHD_Response *response,
    struct usual *usual)
{
	respond_drop(request);
	usual_give_back(request->usual);
	request->usual = usual;
	request->response = usual != NULL ? usual_response(usual) : response;
	request->status = status;
	if (usual == NULL)
		add_headers(response, is_for_program(request) ? of_data : of_pages);
}

/* Without a look at q=0, which nobody sends for gzip. */
static bool
accepts_gzip(const struct request *request)
{
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);

	return accept != NULL && strstr(accept, "gzip") != NULL;
}

/* In place; false if it is not worth it.  With a small window: it is our memory. */
static bool
compress_text(struct buf *text)
{
	z_stream stream = { .next_in = (Bytef *)text->data, .avail_in = (uInt)text->len };
	struct buf out = { 0 };
	bool good;

	if (text->len < COMPRESS_MIN || (out.data = malloc(text->len)) == NULL)
		return false;
	if (deflateInit2(&stream, 5, Z_DEFLATED, 13 + 16, 6, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(out.data);
		return false;
	}
	stream.next_out = (Bytef *)out.data;
	stream.avail_out = (uInt)text->len;
	good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
	out.len = stream.total_out;
	out.size = text->len;
	deflateEnd(&stream);
	if (!good) {
		free(out.data);
		return false;
	}
	buf_free(text);
	*text = out;
	return true;
}

/*
 * It tells whether a text has changed since it was last seen; who could make two that have the same
 * sums may write what he likes anyway.
 */
static void
make_tag(const struct buf *text, char tag[TAG_SIZE])
{
	const Bytef *data = (const Bytef *)text->data;

	snprintf(tag, TAG_SIZE, "\"%08lx%08lx%zx\"", crc32_z(0, data, text->len),
	    adler32_z(1, data, text->len), text->len);
}

/* Weak comparison (RFC 9110, 13.1.2). */
static bool
has_tag(const struct request *request, const char *tag)
{
	const char *known = request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);

	return known != NULL && tag[0] != '\0' &&
	       (strcmp(known, "*") == 0 || strstr(known, tag) != NULL);
}

/* False: without memory, or it is not of that kind. */
static bool
respond_usual(struct request *request, unsigned int status, const char *type, struct buf *text)
{
	struct usual *usual;
	bool is_new;

	if (!is_for_program(request) || text->failed || text->len > USUAL_TEXT_MAX ||
	    (usual = usual_take(type, text->data, text->len, &is_new)) == NULL)
		return false;
	if (is_new) {
		add_headers(usual_response(usual), of_data);
		MHD_add_response_header(usual_response(usual), MHD_HTTP_HEADER_CONTENT_TYPE, type);
		MHD_add_response_header(
		    usual_response(usual), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	}
	take_response(request, status, NULL, usual);
	buf_free(text);
	return true;
}

void
respond(struct request *request, unsigned int status, const char *type, struct buf *text)
{
	bool tagged = request->method == METHOD_GET && status == MHD_HTTP_OK;
	struct MHD_Response *response;
	bool compressed = false;
	char tag[TAG_SIZE] = "";

	buf_add(text, "", 0);
	if (!tagged && respond_usual(request, status, type, text))
		return;
	was_long |= text->len > LONG_TEXT;
	if (text->failed) {
		buf_free(text);
		*text = (struct buf){ 0 };
		buf_text(text, "no memory\n");
		status = MHD_HTTP_SERVICE_UNAVAILABLE;
		type = "text/plain";
		tagged = false;
	}
	if (tagged)
		make_tag(text, tag);
	if (tagged && has_tag(request, tag)) {
		buf_free(text);
		buf_add(text, "", 0);
		status = MHD_HTTP_NOT_MODIFIED;
	} else if (accepts_gzip(request))
		compressed = compress_text(text);
	response = MHD_create_response_from_buffer(text->len, text->data, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		buf_free(text);
		return;
	}
	*text = (struct buf){ 0 };
	take_response(request, status, response, NULL);
	respond_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	respond_header(request, MHD_HTTP_HEADER_CACHE_CONTROL, tagged ? "no-cache" : "no-store");
	/* What nobody keeps is not chosen from either. */
	if (tagged)
		respond_header(request, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding, Cookie");
	if (compressed)
		respond_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	if (tag[0] != '\0')
		respond_header(request, MHD_HTTP_HEADER_ETAG, tag);
}

bool
respond_was_long(void)
{
	bool was = was_long;

	was_long = false;
	return was;
}

void
respond_json(struct request *request, unsigned int status, struct buf *text)
{
	buf_text(text, "\n");
	respond(request, status, "application/json", text);
}

void
respond_html(struct request *request, unsigned int status, struct buf *text)
{
	respond(request, status, "text/html; charset=utf-8", text);
}

void
respond_problem(struct request *request, unsigned int status, const char *fmt, ...)
{
	const char *title = MHD_get_reason_phrase_for(status);
	struct buf text = { 0 };
	char detail[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	buf_printf(&text,
	    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":", title, status);
	buf_json(&text, detail);
	buf_text(&text, "}\n");
	respond(request, status, "application/problem+json", &text);
}

void
respond_unavailable(struct request *request, const char *detail)
{
	respond_problem(request, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", detail);
	respond_header(request, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER);
}

void
respond_redirect(struct request *request, const char *path)
{
	struct buf text = { 0 };
	char location[1024];

	snprintf(location, sizeof(location), "%s%s", request->prefix, path);
	respond(request, MHD_HTTP_SEE_OTHER, "text/plain", &text);
	respond_header(request, MHD_HTTP_HEADER_LOCATION, location);
}

void
respond_stream(struct request *request, const char *type, MHD_ContentReaderCallback read, void *arg,
    MHD_ContentReaderFreeCallback end)
{
	struct MHD_Response *response =
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read, arg, end);

	if (response == NULL) {
		end(arg);
		respond_unavailable(request, "no memory");
		return;
	}
	request->is_stream = true;
	take_response(request, MHD_HTTP_OK, response, NULL);
	respond_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	respond_header(request, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	/* nginx would hold it back. */
	respond_header(request, "X-Accel-Buffering", "no");
}
