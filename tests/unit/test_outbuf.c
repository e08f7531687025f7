#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/outbuf.h"

static struct outbuf out;
static size_t total;

static int
begin(void **state)
{
	(void)state;
	outbuf_init(&out, &total, 65536);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	outbuf_clear(&out);
	return total == 0 ? 0 : -1;
}

static void
assert_next(const char *text)
{
	size_t len;
	const char *next = outbuf_next(&out, &len);

	assert_int_equal(len, strlen(text));
	if (len > 0)
		assert_memory_equal(next, text, len);
}

static void
nothing_is_sent_before_it_is_kept(void **state)
{
	(void)state;
	outbuf_add(&out, "one", 3);
	assert_next("");
	outbuf_keep(&out);
	outbuf_add(&out, "two", 3);
	assert_next("one");
	outbuf_undo(&out);
	outbuf_keep(&out);
	assert_next("one");
	outbuf_sent(&out, 1);
	outbuf_add(&out, "three", 5);
	outbuf_keep(&out);
	assert_next("nethree");
}

static void
heads_are_put_in_front(void **state)
{
	char long_text[700];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	outbuf_add(&out, "sent", 4);
	outbuf_keep(&out);
	outbuf_sent(&out, 3);
	outbuf_add(&out, "items", 5);
	outbuf_insert(&out, out.kept, "head", 4);
	outbuf_insert(&out, out.kept, long_text, sizeof(long_text));
	outbuf_keep(&out);
	assert_int_equal(out.len - out.sent, 1 + 700 + 4 + 5);
	assert_memory_equal(out.data + out.sent + 701, "headitems", 9);
}

/* Whatever is added, kept, undone and sent: the bytes that come out are those that were kept. */
static void
bytes_come_out_in_their_order(void **state)
{
	static char wanted[400000], got[400000];
	size_t wanted_len = 0, got_len = 0, held = 0, len;

	(void)state;
	srandom(1);
	while (wanted_len < 300000) {
		char text[900];
		size_t size = (size_t)random() % sizeof(text);
		const char *next;

		memset(text, 'a' + (int)(random() % 26), size);
		outbuf_add(&out, text, size);
		memcpy(wanted + wanted_len + held, text, size);
		held += size;
		if (random() % 3 == 0) {
			outbuf_undo(&out);
			held = 0;
		} else if (random() % 2 == 0) {
			outbuf_keep(&out);
			wanted_len += held;
			held = 0;
		}
		next = outbuf_next(&out, &len);
		len = random() % 4 == 0 ? len : (size_t)random() % (len + 1);
		memcpy(got + got_len, next != NULL ? next : "", len);
		got_len += len;
		if (len > 0)
			outbuf_sent(&out, len);
	}
	outbuf_undo(&out);
	assert_memory_equal(got, wanted, got_len);
	assert_int_equal(wanted_len - got_len, out.len - out.sent);
	assert_false(out.lost);
}

static void
what_does_not_fit_is_lost(void **state)
{
	static char large[70000];

	(void)state;
	outbuf_add(&out, large, 40000);
	assert_false(out.lost);
	outbuf_add(&out, large, 40000);
	assert_true(out.lost);
	assert_null(outbuf_reserve(&out, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_sent_before_it_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(heads_are_put_in_front, begin, end),
		cmocka_unit_test_setup_teardown(bytes_come_out_in_their_order, begin, end),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_lost, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
