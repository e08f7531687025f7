/* Answers that are sent again with another text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/usual.h"

#define TYPE "application/json"

static struct usual *
take(const char *text, bool expected_new)
{
	bool is_new;
	struct usual *usual = usual_take(TYPE, text, strlen(text), &is_new);

	assert_non_null(usual);
	assert_int_equal(is_new, expected_new);
	return usual;
}

static int
count_headers(struct usual *usual)
{
	return MHD_get_response_headers(usual_response(usual), NULL, NULL);
}

static void
test_only_its_own_headers_stay(void **state)
{
	struct usual *usual = take("{\"id\":1}", true);

	(void)state;
	MHD_add_response_header(usual_response(usual), "Cache-Control", "no-store");
	usual_add_header(usual, "Location", "/one");
	usual_add_header(usual, "Retry-After", "2");
	assert_int_equal(count_headers(usual), 3);
	usual_give_back(usual);
	assert_ptr_equal(take("{\"id\":2}", false), usual);
	assert_int_equal(count_headers(usual), 1);
	usual_add_header(usual, "Location", "/two");
	assert_string_equal(MHD_get_response_header(usual_response(usual), "Location"), "/two");
	usual_give_back(usual);
}

static void
test_what_is_under_way_is_left_alone(void **state)
{
	struct usual *one = take("first.", true), *other = take("second", true);

	(void)state;
	assert_ptr_not_equal(one, other);
	usual_give_back(one);
	assert_ptr_equal(take("third.", false), one);
	usual_give_back(one);
	usual_give_back(other);
}

static void
test_length_and_type_must_be_the_same(void **state)
{
	struct usual *usual = take("as long as that", true), *problem;
	bool is_new;

	(void)state;
	usual_give_back(usual);
	usual_give_back(take("a longer one than that", true));
	problem = usual_take("application/problem+json", "as long as that", 15, &is_new);
	assert_true(is_new);
	usual_give_back(problem);
	assert_ptr_equal(take("as long as this", false), usual);
	usual_give_back(usual);
}

/* Then it can't be told which of them are to go. */
static void
test_many_headers_are_not_kept(void **state)
{
	struct usual *usual = take("with many headers", true);

	(void)state;
	for (int i = 0; i < 10; i++)
		usual_add_header(usual, "Warning", "199");
	usual_give_back(usual);
	usual_give_back(take("with few headers.", true));
}

/* Texts of many lengths end up with none kept that was long not asked for. */
static void
test_those_not_asked_for_go(void **state)
{
	char text[USUAL_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	usual_give_back(take("the usual one, asked for often", true));
	for (size_t len = 100; len < sizeof(text); len++) {
		bool is_new;
		struct usual *usual = usual_take(TYPE, text, len, &is_new);

		assert_true(is_new);
		usual_give_back(usual);
		if (len == 120)
			usual_give_back(take("the usual one, asked for often", false));
	}
	usual_give_back(take("the usual one, asked for often", true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_its_own_headers_stay),
		cmocka_unit_test(test_what_is_under_way_is_left_alone),
		cmocka_unit_test(test_length_and_type_must_be_the_same),
		cmocka_unit_test(test_many_headers_are_not_kept),
		cmocka_unit_test(test_those_not_asked_for_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
