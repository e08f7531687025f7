#include <ctype.h>
#include <string.h>

#include "base/text.h"

#include "head.h"

/* Where a byte may stand: RFC 9110, 5.6.2 and 5.5. */
enum {
	NAME = 1,
	VALUE = 2,
	BOTH = NAME | VALUE,
};
/* clang-format off */
static const unsigned char places[256] = {
	['0' ... '9'] = BOTH, ['A' ... 'Z'] = BOTH, ['^' ... 'z'] = BOTH, ['!'] = BOTH,
	['#' ... '\''] = BOTH, ['*'] = BOTH, ['+'] = BOTH, ['-'] = BOTH, ['.'] = BOTH,
	['|'] = BOTH, ['~'] = BOTH,
	['\t'] = VALUE, [' '] = VALUE, ['"'] = VALUE, ['('] = VALUE, [')'] = VALUE, [','] = VALUE,
	['/'] = VALUE, [':' ... '@'] = VALUE, ['[' ... ']'] = VALUE, ['{'] = VALUE, ['}'] = VALUE,
	[0x80 ... 0xff] = VALUE,
};
/* clang-format on */

static bool
all_may(unsigned char place, const char *text, size_t len)
{
	unsigned char all = place;

	for (size_t i = 0; i < len; i++)
		all &= places[(unsigned char)text[i]];
	return all != 0;
}

/* What is there once, or two who read it may each believe another one. */
static const char *const single[] = { MHD_HTTP_HEADER_CONTENT_LENGTH,
	MHD_HTTP_HEADER_TRANSFER_ENCODING, MHD_HTTP_HEADER_HOST };

struct look {
	bool is_odd;
	int counts[sizeof(single) / sizeof(single[0])];
};

static enum MHD_Result
look_at_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len,
    const char *value, size_t value_len)
{
	struct look *look = arg;

	(void)kind;
	look->is_odd |=
	    name_len == 0 || !all_may(NAME, name, name_len) || !all_may(VALUE, value, value_len);
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (strlen(single[i]) == name_len && strncasecmp(single[i], name, name_len) == 0)
			look->is_odd |= ++look->counts[i] > 1;
	return MHD_YES;
}

/* The library lets them pass (RFC 9110, 5.1 and 5.5; RFC 9112, 3.2 and 6.3). */
static bool
has_odd_header(const struct request *request)
{
	struct look look = { .is_odd = false };

	MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, look_at_header, &look);
	return look.is_odd;
}

/*
 * Where two who read a message could see two different ends of it, nobody may go on reading: RFC
 * 9112, 6.3 and 11.2.
 */
bool
head_is_well_formed(struct request *request, int64_t body_max_bytes)
{
	const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *coding = request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
	const char *errstr;
	int64_t bytes;

	if (has_odd_header(request)) {
		respond_problem(
		    request, MHD_HTTP_BAD_REQUEST, "a header is not written as it must be");
		return false;
	}
	if (coding != NULL && (length != NULL || strcasecmp(coding, "chunked") != 0)) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "the length of the body can be understood in two ways");
		return false;
	}
	if (length == NULL)
		return true;
	if (text_to_int(length, 0, INT64_MAX, &bytes, &errstr) == -1 ||
	    !isdigit((unsigned char)length[0])) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "Content-Length is no number");
		return false;
	}
	if (bytes > body_max_bytes) {
		respond_problem(request, MHD_HTTP_CONTENT_TOO_LARGE,
		    "the body is longer than %lld bytes (option 'body_max')",
		    (long long)body_max_bytes);
		return false;
	}
	return true;
}
