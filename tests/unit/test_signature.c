#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/signature.h"

/* What openssl dgst -sha256 -hmac says of "1700000000.{}" with these keys. */
#define WITH_S1 "3090f954c37938e70824aaf9a208b3d0826ce15ec4a840385d62ca283b91f73a"
#define WITH_S2 "6d01e712e24b6abeca51e8a9811b8f0d839e549f9e56fb4060da70a2b89b9e07"
#define EMPTY   "828b96e29f30d3daadaef62746166ec5080337680621dac7a3642aa73f703c07"

static void
check(const char *secrets, const char *body, const char *want)
{
	char text[SIGNATURE_TEXT_MAX];

	assert_int_equal(signature_write(text, secrets, 1700000000, body, strlen(body)), 0);
	assert_string_equal(text, want);
}

static void
it_is_hmac_sha256_of_time_and_body(void **state)
{
	(void)state;
	check("s1", "{}", "t=1700000000,v1=" WITH_S1);
	check("s1\n", "{}", "t=1700000000,v1=" WITH_S1);
	check("s1", "", "t=1700000000,v1=" EMPTY);
}

static void
every_secret_signs_in_its_order(void **state)
{
	(void)state;
	check("s1\ns2\n", "{}", "t=1700000000,v1=" WITH_S1 ",v1=" WITH_S2);
	check("\r\ns2\r\n\n\ns1", "{}", "t=1700000000,v1=" WITH_S2 ",v1=" WITH_S1);
}

static void
without_a_secret_nothing_is_signed(void **state)
{
	char text[SIGNATURE_TEXT_MAX];

	(void)state;
	assert_int_equal(signature_write(text, "", 1, "x", 1), -1);
	assert_int_equal(signature_write(text, "\n\r\n", 1, "x", 1), -1);
}

static void
more_secrets_than_there_is_room_for_are_left_out(void **state)
{
	char text[SIGNATURE_TEXT_MAX], *secrets = NULL;
	size_t count = 0;

	(void)state;
	assert_non_null(secrets = calloc(1, 201));
	for (int i = 0; i < 100; i++)
		memcpy(secrets + 2 * i, "s\n", 2);
	assert_int_equal(signature_write(text, secrets, INT64_MAX, "x", 1), 0);
	for (const char *c = text; (c = strstr(c, ",v1=")) != NULL; c++)
		count++;
	assert_int_equal(count, SIGNATURE_SECRETS_MAX);
	free(secrets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_hmac_sha256_of_time_and_body),
		cmocka_unit_test(every_secret_signs_in_its_order),
		cmocka_unit_test(without_a_secret_nothing_is_signed),
		cmocka_unit_test(more_secrets_than_there_is_room_for_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
