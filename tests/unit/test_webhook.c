#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/webhook_rate.h"
#include "jobd-web/webhook_signature.h"
#include "jobd-web/webhook_time.h"

/* Made with: printf BODY | openssl dgst -sha256 -hmac SECRET */
#define BODY       "{\"a\":1}"
#define BY_SECRET  "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"
#define BY_OLD     "ee6b87c32ca5dec357e96acfba1c9db288a44c225d039ea84abe7324203b060d"
#define BY_BASE64  "qp4uNXX11wmLbKzNeQiIw21f22M0KnO62i1qUXR6hJQ="
#define OF_NOTHING "f9e66e179b6747ae54108f82f8ade8b3c25d76fd30afde6c395822c530196169"
/* Of "1492774577." BODY, by whsec_test. */
#define TIMED "2a55874e33dedb30da6fac02873208f53a243141599a71c0d52a1d5b89656823"

static char secret[] = "secret", old[] = "old one", whsec[] = "whsec_test";
static char *secrets[] = { secret, old, NULL }, *timed_secrets[] = { whsec, NULL };

static const struct webhook_signature plain = { .prefix = "", .secrets = secrets },
				      prefixed = { .prefix = "sha256=", .secrets = secrets },
				      base64 = { .prefix = "",
					      .is_base64 = true,
					      .secrets = secrets },
				      timed = { .prefix = "",
					      .is_timed = true,
					      .secrets = timed_secrets };

static bool
is_good(const struct webhook_signature *how, const char *given, const char *body)
{
	int64_t at;

	return webhook_signature_is_good(how, given, body, strlen(body), &at);
}

static void
each_secret_is_good(void **state)
{
	(void)state;
	assert_true(is_good(&plain, BY_SECRET, BODY));
	assert_true(is_good(&plain, BY_OLD, BODY));
	assert_true(is_good(&plain, OF_NOTHING, ""));
	assert_true(is_good(&prefixed, "sha256=" BY_SECRET, BODY));
	assert_true(is_good(
	    &plain, "AA9E2E3575F5D7098B6CACCD790888C36D5FDB63342A73BADA2D6A51747A8494", BODY));
	assert_true(is_good(&base64, BY_BASE64, BODY));
}

static void
all_else_is_not(void **state)
{
	static const char *const wrong[] = { "", "0", BY_SECRET "0", BY_SECRET " ",
		"sha256=" BY_SECRET,
		"zz9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494",
		"aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8495", BY_BASE64,
		"0000000000000000000000000000000000000000000000000000000000000000", OF_NOTHING };
	static char *nobody[] = { NULL };
	const struct webhook_signature no_secret = { .prefix = "", .secrets = nobody };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(is_good(&plain, wrong[i], BODY));
	assert_false(is_good(&plain, NULL, BODY));
	assert_false(is_good(&plain, BY_SECRET, "{\"a\":2}"));
	assert_false(is_good(&prefixed, BY_SECRET, BODY));
	assert_false(is_good(&prefixed, "sha256=", BODY));
	assert_false(is_good(&base64, BY_SECRET, BODY));
	assert_false(is_good(&base64, "qp4uNXX11wmLbKzNeQiIw21f22M0KnO62i1qUXR6hJ==", BODY));
	assert_false(is_good(&base64, "=p4uNXX11wmLbKzNeQiIw21f22M0KnO62i1qUXR6hJQ=", BODY));
	assert_false(is_good(&no_secret, BY_SECRET, BODY));
	assert_false(is_good(&no_secret, NULL, BODY));
}

static void
a_time_is_signed_too(void **state)
{
	static const char *const good[] = { "t=1492774577,v1=" TIMED, "v1=" TIMED ",t=1492774577",
		"t=1492774577,v1=" BY_OLD ",v1=" TIMED ",v0=x",
		"t=1492774577,v0=,v1=" TIMED ",,x" };
	static const char *const wrong[] = { "v1=" TIMED, "t=1492774578,v1=" TIMED, "t=,v1=" TIMED,
		"t=1492774577", "t=-1492774577,v1=" TIMED, "t=1492774577,v0=" TIMED,
		"t=1492774577.,v1=" TIMED, "t=1492774577000000,v1=" TIMED,
		"t=01492774577,v1=" TIMED, TIMED, "", ",,,", "t", "v1=" };
	int64_t at = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(webhook_signature_is_good(&timed, good[i], BODY, strlen(BODY), &at));
		assert_int_equal(at, 1492774577);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(is_good(&timed, wrong[i], BODY));
	assert_false(is_good(&timed, NULL, BODY));
}

static void
only_so_many_signatures_are_looked_at(void **state)
{
	char text[2000] = "t=1492774577";

	(void)state;
	for (int i = 0; i < WEBHOOK_SIGNATURES_MAX - 1; i++)
		strncat(text, ",v1=" BY_OLD, 100);
	strncat(text, ",v1=" TIMED, 100);
	assert_true(is_good(&timed, text, BODY));
	snprintf(text, sizeof(text), "t=1492774577");
	for (int i = 0; i < WEBHOOK_SIGNATURES_MAX; i++)
		strncat(text, ",v1=" BY_OLD, 100);
	strncat(text, ",v1=" TIMED, 100);
	assert_false(is_good(&timed, text, BODY));
}

static void
times_are_written_in_several_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} times[] = {
		{"2024-06-01T12:00:00Z",       INT64_C(1717243200000000)},
		{ "2024-06-01T14:00:00+02:00", INT64_C(1717243200000000)},
		{ "1717243200",                INT64_C(1717243200000000)},
		{ "1717243200.5",              INT64_C(1717243200500000)},
		{ "1717243200000",             INT64_C(1717243200000000)},
		{ "1717243200000000",          INT64_C(1717243200000000)},
		{ "0",			 0                        },
	};
	static const char *const wrong[] = { "", "-1", "yesterday", "1.", ".5", "1e9", "0x10", "1 ",
		"123456789012345678", "99999999999999999999999999", "2024-13-01T00:00:00Z",
		"1.1234567891" };
	struct walltime when;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_true(webhook_time_read(times[i].text, &when));
		assert_int_equal(when.us, times[i].us);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(webhook_time_read(wrong[i], &when));
}

static void
near_is_within_the_window_on_both_sides(void **state)
{
	const struct walltime now = { INT64_C(1717243200000000) };
	static const int64_t window_ms = 300000;

	(void)state;
	assert_true(webhook_time_is_near(now, now, window_ms));
	assert_true(webhook_time_is_near(walltime_add_ms(now, -window_ms), now, window_ms));
	assert_true(webhook_time_is_near(walltime_add_ms(now, window_ms), now, window_ms));
	assert_false(webhook_time_is_near(walltime_add_ms(now, -window_ms - 1), now, window_ms));
	assert_false(webhook_time_is_near(walltime_add_ms(now, window_ms + 1), now, window_ms));
	assert_false(webhook_time_is_near((struct walltime){ 0 }, now, window_ms));
}

static void
an_address_has_its_tokens_and_gets_them_back(void **state)
{
	struct webhook_rate *limit = webhook_rate_new(3, 1000);
	struct monotime now = { INT64_C(5000000) };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(webhook_rate_take(limit, "192.0.2.1", now), 0);
	assert_in_range(webhook_rate_take(limit, "192.0.2.1", now), 333, 334);
	/* Asking costs nothing. */
	assert_in_range(webhook_rate_take(limit, "192.0.2.1", now), 333, 334);
	assert_int_equal(webhook_rate_take(limit, "192.0.2.2", now), 0);
	now = monotime_add_ms(now, 334);
	assert_int_equal(webhook_rate_take(limit, "192.0.2.1", now), 0);
	assert_true(webhook_rate_take(limit, "192.0.2.1", now) > 0);
	/* Never more than all of them. */
	now = monotime_add_ms(now, 3600000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(webhook_rate_take(limit, "192.0.2.1", now), 0);
	assert_true(webhook_rate_take(limit, "192.0.2.1", now) > 0);
	webhook_rate_free(limit);
}

static void
a_site_is_one_address(void **state)
{
	struct webhook_rate *limit = webhook_rate_new(1, 1000);
	const struct monotime now = { INT64_C(5000000) };

	(void)state;
	assert_int_equal(webhook_rate_take(limit, "2001:db8::1", now), 0);
	assert_true(webhook_rate_take(limit, "2001:db8::ffff:2", now) > 0);
	assert_int_equal(webhook_rate_take(limit, "2001:db8:0:1::1", now), 0);
	assert_int_equal(webhook_rate_take(limit, "192.0.2.1", now), 0);
	assert_true(webhook_rate_take(limit, "::ffff:192.0.2.1", now) > 0);
	assert_int_equal(webhook_rate_take(limit, "::ffff:192.0.2.2", now), 0);
	assert_int_equal(webhook_rate_take(limit, "unix", now), 0);
	assert_true(webhook_rate_take(limit, "unix", now) > 0);
	webhook_rate_free(limit);
}

/* However many addresses there are, and who asked last is remembered. */
static void
the_table_does_not_grow(void **state)
{
	struct webhook_rate *limit = webhook_rate_new(1, 3600000);
	struct monotime now = { INT64_C(5000000) };
	char address[32];

	(void)state;
	for (int i = 0; i < 4 * WEBHOOK_RATE_ADDRESSES; i++) {
		now = monotime_add_ms(now, 1);
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
		assert_int_equal(webhook_rate_take(limit, address, now), 0);
	}
	assert_true(webhook_rate_take(limit, address, now) > 0);
	assert_int_equal(webhook_rate_take(limit, "10.0.0.0", now), 0);
	webhook_rate_free(limit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_secret_is_good),
		cmocka_unit_test(all_else_is_not),
		cmocka_unit_test(a_time_is_signed_too),
		cmocka_unit_test(only_so_many_signatures_are_looked_at),
		cmocka_unit_test(times_are_written_in_several_ways),
		cmocka_unit_test(near_is_within_the_window_on_both_sides),
		cmocka_unit_test(an_address_has_its_tokens_and_gets_them_back),
		cmocka_unit_test(a_site_is_one_address),
		cmocka_unit_test(the_table_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
