/* What is shown of values whose names say that they are secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/mask.h"

static const char *
masked(const char *text)
{
	static char result[4096];
	struct buf out;

	if (mask_json(text, strlen(text), &out))
		strlcpy(result, out.data, sizeof(result));
	else
		strlcpy(result, text, sizeof(result));
	buf_free(&out);
	return result;
}

static void
values_are_hidden_by_name(void **state)
{
	static const char *const pairs[][2] = {
		{"{\"password\":\"x\"}",                                "{\"password\":\"***\"}"         },
		{ "{\"a\":[{\"SMTP_Password\" : \"x\\\"y\",\"b\":2}]}",
                 "{\"a\":[{\"SMTP_Password\" : \"***\",\"b\":2}]}"                                       },
		{ "{\"token\":{\"a\":\"}\",\"b\":[1,2]},\"c\":3}",      "{\"token\":\"***\",\"c\":3}"    },
		{ "{\"X-Api-Key\":[\"]\",1],\"c\":3}",                  "{\"X-Api-Key\":\"***\",\"c\":3}"},
		{ "{\"userPin\":1,\"pin\":1234}",                       "{\"userPin\":1,\"pin\":\"***\"}"},
		{ "{\"secret\":12.5e3 ,\"c\":true}",                    "{\"secret\":\"***\",\"c\":true}"},
		{ "{\"secret\":true}",                                  "{\"secret\":\"***\"}"           },
		{ "{\"pass\\u0077ord\":\"x\"}",                         "{\"pass\\u0077ord\":\"***\"}"   },
		{ "[{\"token\":\"a\"},{\"token\":\"b\"}]",
                 "[{\"token\":\"***\"},{\"token\":\"***\"}]"                                             },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(masked(pairs[i][0]), pairs[i][1]);
}

static void
all_else_is_as_it_was(void **state)
{
	static const char *const texts[] = { "", "{}", "[\"password\",\"x\"]",
		"{\"password\":null}", "{\"a\":\"password\",\"b\":\"token\"}",
		"{\"a\":\"\\\"password\\\":1\"}", "{\"spin\":1}", "{\"passwords_changed\":1}",
		"\"password", "{\"password\"", "{\"password\":", "{\"a\\" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(masked(texts[i]), texts[i]);
}

static void
what_is_cut_off_is_hidden_too(void **state)
{
	(void)state;
	assert_string_equal(masked("{\"password\":\"x"), "{\"password\":\"***\"");
	assert_string_equal(masked("{\"password\":{\"a\":[1"), "{\"password\":\"***\"");
	assert_string_equal(masked("{\"password\":\"x\\"), "{\"password\":\"***\"");
}

static void
what_comes_back_masked_is_noticed(void **state)
{
	static const char back[] = "{\"a\":1,\"api_key\": \"***\"}", plain[] = "{\"a\":\"***\"}",
			  stars[] = "{\"token\":\"****\"}", cut[] = "{\"token\":\"**";

	(void)state;
	assert_true(mask_is_in(back, strlen(back)));
	assert_false(mask_is_in(plain, strlen(plain)));
	assert_false(mask_is_in(stars, strlen(stars)));
	assert_false(mask_is_in(cut, strlen(cut)));
}

static void
more_names_can_be_added(void **state)
{
	char iban[] = "iban", *names[] = { iban, NULL };

	(void)state;
	assert_string_equal(masked("{\"IBAN\":\"x\"}"), "{\"IBAN\":\"x\"}");
	mask_configure(names);
	assert_string_equal(
	    masked("{\"IBAN\":\"x\",\"secret\":1}"), "{\"IBAN\":\"***\",\"secret\":\"***\"}");
	mask_configure(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_hidden_by_name),
		cmocka_unit_test(all_else_is_as_it_was),
		cmocka_unit_test(what_is_cut_off_is_hidden_too),
		cmocka_unit_test(what_comes_back_masked_is_noticed),
		cmocka_unit_test(more_names_can_be_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
