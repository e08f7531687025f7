#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/http_status.h"

static void
each_status_has_its_verdict(void **state)
{
	(void)state;
	for (int64_t status = -1; status < 1000; status++) {
		enum http_verdict want = status >= 200 && status < 300   ? HTTP_DONE
					 : status >= 500 && status < 600 ? HTTP_TROUBLE
									 : HTTP_HOPELESS;

		if (status == 408 || status == 425 || status == 429)
			want = HTTP_RETRY;
		assert_int_equal(http_status_verdict(status), want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_status_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
