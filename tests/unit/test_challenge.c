#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/challenge.h"

/* From the test-suites of Faktory's server and of its client for Node. */
static const struct vector {
	const char *password;
	struct challenge asked;
	const char *hash;
} vectors[] = {
	{"foobar",    { 1545, "55104dc76695721d" },
         "6d877f8e5544b1f2598768f817413ab8a357afffa924dedae99eb91472d4ec30"},
	{ "abcde123", { 3, "123" },
         "ef646abadf4ffba660d9bbb8de8e45576970de917b4c9da8cad96b49e64636d9"},
};

static void
known_answers_are_found(void **state)
{
	char hash[CHALLENGE_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(challenge_answer(&vectors[i].asked, vectors[i].password, hash), 0);
		assert_string_equal(hash, vectors[i].hash);
		assert_true(
		    challenge_is_met(&vectors[i].asked, vectors[i].password, 2, vectors[i].hash));
	}
}

static void
anything_else_is_refused(void **state)
{
	const struct vector *vector = &vectors[0];
	char hash[CHALLENGE_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(hash) - 1; i++) {
		memcpy(hash, vector->hash, sizeof(hash));
		hash[i] = hash[i] == '0' ? '1' : '0';
		assert_false(challenge_is_met(&vector->asked, vector->password, 2, hash));
	}
	assert_false(challenge_is_met(&vector->asked, vector->password, 2, ""));
	assert_false(challenge_is_met(&vector->asked, "foobaz", 2, vector->hash));
	assert_false(challenge_is_met(&vector->asked, vector->password, 1, vector->hash));
}

static void
old_clients_hash_once(void **state)
{
	struct challenge asked = { 5000, "55104dc76695721d" }, once = { 1, "55104dc76695721d" };
	char hash[CHALLENGE_HASH_SIZE];

	(void)state;
	assert_int_equal(challenge_answer(&once, "foobar", hash), 0);
	assert_true(challenge_is_met(&asked, "foobar", 1, hash));
	assert_false(challenge_is_met(&asked, "foobar", 2, hash));
}

static void
challenges_differ_and_stay_in_their_range(void **state)
{
	struct challenge one, other;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		challenge_new(&one);
		challenge_new(&other);
		assert_in_range(one.rounds, 4000, 8095);
		assert_int_equal(strlen(one.salt), 16);
		assert_string_not_equal(one.salt, other.salt);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_are_found),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(old_clients_hash_once),
		cmocka_unit_test(challenges_differ_and_stay_in_their_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
