/*
 * Real process trees, built by shell scripts.  Each process that matters writes its pid to
 * descriptor 8 and then waits at descriptor 9 for the end of the test; this program is their
 * subreaper, as jobd is.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "members/members.h"

#define TAG      "JOBD_TEST_ID=a1"
#define WAIT     "echo $$ >&8; read x <&9"
#define PIDS_MAX 64

static struct {
	int pids[2], wait[2];
	pid_t others[PIDS_MAX];
	size_t other_count;
} stage;

static int
stage_set(void **state)
{
	(void)state;
	stage.other_count = 0;
	return prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || pipe2(stage.pids, O_CLOEXEC) == -1 ||
		       pipe2(stage.wait, O_CLOEXEC) == -1
		   ? -1
		   : 0;
}

/* Everybody waits at the pipe that is closed here. */
static int
stage_clear(void **state)
{
	(void)state;
	close(stage.wait[1]);
	close(stage.wait[0]);
	close(stage.pids[0]);
	close(stage.pids[1]);
	while (wait(NULL) != -1 || errno == EINTR)
		continue;
	return 0;
}

/* A leader in its own session; tag may be NULL. */
static pid_t
leader_start(const char *script, const char *tag)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char *const argv[] = { (char[]){ "bash" }, (char[]){ "-c" }, strdup(script), NULL };
		char *const envp[] = { (char[]){ "PATH=/usr/bin:/bin" },
			tag == NULL ? NULL : strdup(tag), NULL };

		setsid();
		dup2(stage.pids[1], 8);
		dup2(stage.wait[0], 9);
		execve("/bin/bash", argv, envp);
		_exit(127);
	}
	return pid;
}

/* The next pid that a process of the tree wrote. */
static pid_t
pid_read(void)
{
	char text[16];
	size_t len = 0;

	while (
	    len < sizeof(text) - 1 && read(stage.pids[0], text + len, 1) == 1 && text[len] != '\n')
		len++;
	text[len] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

static bool
is_listed(pid_t pid, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < stage.other_count; i++)
		if (stage.others[i] == pid)
			return true;
	return false;
}

static struct members_query
query_of(pid_t leader)
{
	struct members_query query = { .leader = leader,
		.session = leader,
		.group = leader,
		.tag = TAG,
		.is_other = is_listed };

	return query;
}

/*
 * Exactly those are found, in both ways to search.  The shells between may take a moment to end:
 * asked again until they are gone, for ten seconds at most.
 */
static void
assert_found(struct members_query query, const pid_t *wanted, size_t count)
{
	for (int everywhere = 0; everywhere < 2; everywhere++) {
		pid_t out[PIDS_MAX];
		size_t found = 0;

		query.everywhere = everywhere == 1;
		for (int i = 0; i < 10000 && (found = members_find(&query, out, PIDS_MAX)) > count;
		     i++)
			usleep(1000);
		if (found != count)
			fail_msg("%zu members instead of %zu", found, count);
		for (size_t i = 0; i < count; i++) {
			size_t at = 0;

			while (at < found && out[at] != wanted[i])
				at++;
			if (at == found)
				fail_msg("%d was not found (%zu)", (int)wanted[i], i);
		}
	}
}

static void
reap(pid_t pid)
{
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
children_of_the_session_are_members(void **state)
{
	pid_t leader = leader_start("bash -c '" WAIT "' & " WAIT, NULL);
	pid_t wanted[] = { pid_read(), pid_read() };

	(void)state;
	assert_found(query_of(leader), wanted, 2);
}

static void
a_double_fork_into_an_own_session_is_found_by_its_tag(void **state)
{
	pid_t leader = leader_start("(setsid bash -c '" WAIT "' &); " WAIT, TAG);
	pid_t wanted[] = { pid_read(), pid_read() };
	struct members_query query = query_of(leader);

	(void)state;
	assert_found(query, wanted, 2);
	query.tag = "JOBD_TEST_ID=a"; /* a part of it is another tag */
	wanted[0] = leader;
	assert_found(query, wanted, 1);
	query.tag = TAG "x";
	assert_found(query, wanted, 1);
}

static void
one_that_left_the_group_is_found_by_session(void **state)
{
	pid_t leader = leader_start("set -m; (bash -c '" WAIT "' &); " WAIT, NULL);
	pid_t wanted[] = { pid_read(), pid_read() };

	(void)state;
	assert_found(query_of(leader), wanted, 2);
}

static void
without_environment_and_session_it_is_found_below_its_ancestor(void **state)
{
	pid_t leader = leader_start("env -i setsid bash -c '" WAIT "' & " WAIT, TAG);
	pid_t wanted[] = { pid_read(), pid_read() };

	(void)state;
	assert_found(query_of(leader), wanted, 2);
}

static void
what_a_dead_leader_left_is_found(void **state)
{
	pid_t leader =
	    leader_start("setsid bash -c 'env -i setsid bash -c \"echo \\$\\$ >&8; read x "
			 "<&9\" & " WAIT "' & exit 0",
		TAG);
	pid_t wanted[] = { pid_read(), pid_read() };

	(void)state;
	reap(leader);
	assert_found(query_of(leader), wanted, 2);
}

/* The other way round is beyond the search over all processes. */
static void
an_orphan_without_mark_belongs_to_where_its_child_belongs(void **state)
{
	pid_t leader =
	    leader_start("env -i setsid bash -c '" TAG " bash -c \"echo \\$\\$ >&8; read x "
			 "<&9\" & " WAIT "' & exit 0",
		NULL);
	pid_t first = pid_read(), second = pid_read(), out[PIDS_MAX];
	struct members_query query = query_of(leader);

	(void)state;
	reap(leader);
	assert_int_equal(members_find(&query, out, PIDS_MAX), 2);
	assert_true((out[0] == first && out[1] == second) || (out[0] == second && out[1] == first));
}

static void
others_and_what_is_below_them_do_not_count(void **state)
{
	pid_t mine = leader_start(WAIT, TAG), other;
	pid_t wanted[] = { pid_read() };

	(void)state;
	other = leader_start("bash -c '" WAIT "' & " WAIT, NULL);
	pid_read();
	pid_read();
	stage.others[stage.other_count++] = other;
	assert_found(query_of(mine), wanted, 1);
}

static void
a_full_list_keeps_its_bounds(void **state)
{
	pid_t leader = leader_start("for i in 1 2 3 4 5; do bash -c '" WAIT "' & done; " WAIT, TAG),
	      out[4];
	struct members_query query = query_of(leader);

	(void)state;
	for (int i = 0; i < 6; i++)
		pid_read();
	out[3] = -1;
	assert_int_equal(members_find(&query, out, 3), 3);
	assert_int_equal(out[0], leader);
	assert_int_equal(out[3], -1);
	query.everywhere = true;
	assert_int_equal(members_find(&query, out, 3), 3);
	assert_int_equal(out[3], -1);
}

static void
nobody_is_left_when_all_have_ended(void **state)
{
	pid_t leader = leader_start("exit 0", TAG), out[PIDS_MAX];
	struct members_query query = query_of(leader);
	siginfo_t info;

	(void)state;
	assert_int_equal(waitid(P_PID, (id_t)leader, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(members_find(&query, out, PIDS_MAX), 0);
	reap(leader);
	assert_int_equal(members_find(&query, out, PIDS_MAX), 0);
	assert_int_equal(members_orphans(is_listed, NULL, out, PIDS_MAX), 0);
}

static void
orphans_are_the_children_that_nobody_knows(void **state)
{
	pid_t leader =
	    leader_start("(setsid bash -c '" WAIT "' &); echo $BASHPID >&8; read x <&9", TAG);
	pid_t first = pid_read(), second = pid_read(), out[PIDS_MAX];

	(void)state;
	stage.others[stage.other_count++] = leader;
	/* The shell between the two may take a moment to end. */
	for (int i = 0; i < 10000 && members_orphans(is_listed, NULL, out, PIDS_MAX) != 1; i++)
		usleep(1000);
	assert_int_equal(members_orphans(is_listed, NULL, out, PIDS_MAX), 1);
	assert_int_equal(out[0], first == leader ? second : first);
}

static void
signals_reach_members_only(void **state)
{
	pid_t leader = leader_start("(setsid bash -c '" WAIT "' &); " WAIT, TAG);
	pid_t pids[] = { pid_read(), pid_read() };
	struct members_query query = query_of(leader);
	int status;

	(void)state;
	assert_int_equal(members_signal(&query, getppid(), 0), -1);
	assert_int_equal(errno, ESRCH);
	query.everywhere = true;
	assert_int_equal(members_signal(&query, getppid(), 0), -1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(members_signal(&query, pids[i], SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(members_signal(&query, pids[i], 0), -1);
		assert_int_equal(errno, ESRCH);
	}
}

static void
a_member_is_described_by_number_and_name(void **state)
{
	pid_t leader = leader_start(WAIT, NULL);
	char text[64], expected[64];

	(void)state;
	pid_read();
	snprintf(expected, sizeof(expected), "%d (bash)", (int)leader);
	assert_string_equal(members_describe(leader, text, sizeof(text)), expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    children_of_the_session_are_members, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    a_double_fork_into_an_own_session_is_found_by_its_tag, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    one_that_left_the_group_is_found_by_session, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    without_environment_and_session_it_is_found_below_its_ancestor, stage_set,
		    stage_clear),
		cmocka_unit_test_setup_teardown(
		    what_a_dead_leader_left_is_found, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    an_orphan_without_mark_belongs_to_where_its_child_belongs, stage_set,
		    stage_clear),
		cmocka_unit_test_setup_teardown(
		    others_and_what_is_below_them_do_not_count, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    a_full_list_keeps_its_bounds, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    nobody_is_left_when_all_have_ended, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    orphans_are_the_children_that_nobody_knows, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(signals_reach_members_only, stage_set, stage_clear),
		cmocka_unit_test_setup_teardown(
		    a_member_is_described_by_number_and_name, stage_set, stage_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
