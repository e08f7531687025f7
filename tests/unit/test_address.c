#include <netinet/in.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static const char *
read_back(const char *text)
{
	static char whole[100];
	char host[INET6_ADDRSTRLEN];
	struct sockaddr_storage address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	const char *errstr = NULL;
	socklen_t len;

	if (address_parse(text, &address, &len, &errstr) == -1) {
		assert_non_null(errstr);
		return NULL;
	}
	if (address.ss_family == AF_INET) {
		assert_int_equal(len, sizeof(*v4));
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
	} else {
		assert_int_equal(len, sizeof(*v6));
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
	}
	snprintf(whole, sizeof(whole), "%s %d", host, ntohs(v4->sin_port));
	return whole;
}

static void
addresses_are_read(void **state)
{
	(void)state;
	assert_string_equal(read_back("127.0.0.1:8000"), "127.0.0.1 8000");
	assert_string_equal(read_back("8000"), "127.0.0.1 8000");
	assert_string_equal(read_back("localhost:1"), "127.0.0.1 1");
	assert_string_equal(read_back("[::1]:65535"), "::1 65535");
}

static void
all_else_is_refused(void **state)
{
	static const char *const wrong[] = { "", ":", "x", "0", "65536", "db:80", "::1:80", "[::1]",
		"[]:80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:8a", "[127.0.0.1]:80",
		"1.2.3:80",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (read_back(wrong[i]) != NULL)
			fail_msg("'%s' is taken", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(all_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
