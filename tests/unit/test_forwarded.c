#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/forwarded.h"

static char one[] = "127.0.0.1", other[] = "10.0.0.7", local[] = "unix", six[] = "2001:db8::7";
static char *proxies[] = { one, other, local, six, NULL }, *nobody[] = { NULL };

static const char *
address_of(const char *peer, const char *list, char *const *trusted)
{
	static char address[64];

	forwarded_address(peer, list, trusted, address, sizeof(address));
	return address;
}

static void
without_a_proxy_it_is_who_is_connected(void **state)
{
	(void)state;
	assert_string_equal(address_of("192.0.2.1", "203.0.113.9", proxies), "192.0.2.1");
	assert_string_equal(address_of("127.0.0.1", "203.0.113.9", nobody), "127.0.0.1");
	assert_string_equal(address_of("127.0.0.1", NULL, proxies), "127.0.0.1");
	assert_string_equal(address_of("127.0.0.1", "", proxies), "127.0.0.1");
}

static void
a_proxy_says_who_asked_it(void **state)
{
	(void)state;
	assert_string_equal(address_of("127.0.0.1", "203.0.113.9", proxies), "203.0.113.9");
	assert_string_equal(address_of("unix", " 203.0.113.9 ", proxies), "203.0.113.9");
	assert_string_equal(address_of("unix", "2001:DB8:0::9", proxies), "2001:db8::9");
	assert_string_equal(address_of("2001:db8::7", "203.0.113.9", proxies), "203.0.113.9");
}

/* What is in front of the last stranger is what he says himself. */
static void
only_what_proxies_add_is_believed(void **state)
{
	(void)state;
	assert_string_equal(
	    address_of("127.0.0.1", "1.1.1.1, 203.0.113.9", proxies), "203.0.113.9");
	assert_string_equal(
	    address_of("127.0.0.1", "1.1.1.1,203.0.113.9 , 10.0.0.7", proxies), "203.0.113.9");
	assert_string_equal(address_of("127.0.0.1", "10.0.0.7, 127.0.0.1", proxies), "10.0.0.7");
	assert_string_equal(address_of("127.0.0.1", "10.0.0.7", proxies), "10.0.0.7");
}

static void
what_is_no_address_is_not_taken(void **state)
{
	static const char *const wrong[] = { "unknown", "203.0.113.9:80", "[2001:db8::9]", ",",
		"1.1.1.1,", "203.0.113", "2001:db8:::9", "x\"y",
		"11111111111111111111111111111111111111111111111111111111111111111111" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_string_equal(address_of("127.0.0.1", wrong[i], proxies), "127.0.0.1");
	assert_string_equal(address_of("127.0.0.1", "1.1.1.1, x, 10.0.0.7", proxies), "10.0.0.7");
	assert_string_equal(address_of("127.0.0.1", "1.1.1.1 2.2.2.2", proxies), "2.2.2.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_proxy_it_is_who_is_connected),
		cmocka_unit_test(a_proxy_says_who_asked_it),
		cmocka_unit_test(only_what_proxies_add_is_believed),
		cmocka_unit_test(what_is_no_address_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
