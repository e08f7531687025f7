/* What a command finds and what is said where it can't be started: the same by exec_child() and by
 * exec_quick(). */
#include <sys/stat.h>

#include <limits.h>
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

#include "exec_run.h"

static void
words_and_arguments_reach_the_command(void **state)
{
	static char one[] = "one", two[] = "t w o";
	char *const arguments[] = { one, two, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("printf '[%s]' a 'b c'", false, &identity);

	(void)state;
	assert_output(request, "[a][b c]");
	request.arguments = arguments;
	assert_output(request, "[a][b c][one][t w o]");
	request.command = "printf '[%s]' \"$2\" \"$1\" $(echo x; exit 0)";
	request.shell = true;
	assert_output(request, "[t w o][one][x]");
}

static void
path_of_the_final_environment_counts(void **state)
{
	char path[PATH_MAX];
	char *environment[] = { path, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	snprintf(path, sizeof(path), "PATH=/nonexistent:%s/broken:%s", directory, directory);
	identity.environment = environment;
	write_file("only-here", "#!/bin/sh\necho found\n", 0755);
	assert_output(request_of("only-here", false, &identity), "found\n");
	identity.environment = no_list;
	assert_failure(request_of("only-here", false, &identity), "can't find command 'only-here'");
}

static void
a_command_with_a_slash_counts_from_its_directory(void **state)
{
	struct conf_identity identity = identity_plain();
	char expected[PATH_MAX];

	(void)state;
	write_file("script", "#!/bin/sh\npwd\n", 0755);
	identity.directory = directory;
	snprintf(expected, sizeof(expected), "%s\n", directory);
	assert_output(request_of("./script", false, &identity), expected);
}

static void
commands_that_cant_run_are_told_apart(void **state)
{
	/* clang-format off */
	static const struct {
		const char *command, *failure;
	} cases[] = {
		{ "no-such-command", "can't find command 'no-such-command'" },
		{ "./no-such-command", "can't find command './no-such-command'" },
		{ "./plain/x", "can't find command './plain/x'" },
		{ "./plain", "'./plain' is not executable" },
		{ "plain", "'plain' is not executable" },
		{ "./sub", "'./sub' is a directory" },
		{ "./no-head",
		    "'./no-head' is neither a program nor a script that begins with #!" },
		{ "./no-interpreter",
		    "can't run './no-interpreter': its interpreter '/nonexistent/sh' does not exist" },
		{ "no-interpreter",
		    "can't run 'no-interpreter': its interpreter '/nonexistent/sh' does not exist" },
		{ "./dos", "can't run './dos': its first line ends with a carriage return" },
		{ "", "command '' is empty" },
		{ "echo 'x", "command 'echo 'x' has a quote that is not closed" },
	};
	/* clang-format on */
	char path[PATH_MAX];
	char *environment[] = { path, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	write_file("plain", "text\n", 0644);
	write_file("no-head", "echo x\n", 0755);
	write_file("no-interpreter", "#! /nonexistent/sh -e\n", 0755);
	write_file("dos", "#!/bin/sh\r\necho x\r\n", 0755);
	mkdir(in_directory("sub"), 0755);
	snprintf(path, sizeof(path), "PATH=%s:/bin", directory);
	identity.environment = environment;
	identity.directory = directory;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_failure(request_of(cases[i].command, false, &identity), cases[i].failure);
}

static void
bad_directories_are_named(void **state)
{
	struct conf_identity identity = identity_plain();
	char missing[] = "/nonexistent", file[] = "/etc/passwd";

	(void)state;
	identity.directory = missing;
	assert_failure(request_of("true", false, &identity),
	    "directory '/nonexistent': No such file or directory");
	identity.directory = file;
	assert_failure(
	    request_of("true", false, &identity), "directory '/etc/passwd': Not a directory");
}

static void
later_sources_of_the_environment_win(void **state)
{
	static char global_a[] = "A=global", global_b[] = "B=global", extra_b[] = "B=extra",
		    extra_c[] = "C=extra", own_d[] = "D=own", own_e[] = "E=own";
	char *const global[] = { global_a, global_b, NULL }, *const extra[] = { extra_b, extra_c,
		NULL };
	char *own[] = { own_d, own_e, NULL };
	char file[PATH_MAX], secret[PATH_MAX];
	char *secrets[] = { secret, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "echo \"$A $B $C $D $E\"; env | grep -cE '^(LISTEN_|NOTIFY_|WATCHDOG_)'; true", true,
	    &identity);

	(void)state;
	setenv("A", "ours", 1);
	setenv("NOTIFY_SOCKET", "/x", 1);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	write_file("env", "C=file\nD=file\n", 0644);
	write_file("secret", "hush hush\n\n", 0600);
	snprintf(file, sizeof(file), "-%s", in_directory("env"));
	snprintf(secret, sizeof(secret), "E=%s", in_directory("secret"));
	request.global_environment = global;
	request.extra_environment = extra;
	identity.environment = own;
	identity.environment_file = file;
	identity.secrets = secrets;
	assert_output(request, "global extra file own hush hush\n\n0\n");
	unlink(in_directory("env"));
	assert_output(request, "global extra extra own hush hush\n\n0\n");
}

static void
signals_start_anew_in_an_own_session(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request =
	    request_of("grep -hE '^Sig(Blk|Ign)' /proc/self/status", false, &identity);
	struct outcome outcome;
	sigset_t blocked, before;
	unsigned long long mask, ignored;
	int pid, parent, group, session;

	(void)state;
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 3, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	outcome = run(request);
	assert_int_equal(sscanf(outcome.output, "SigBlk: %llx SigIgn: %llx", &mask, &ignored), 2);
	assert_int_equal(mask, 0);
	/* The C library keeps the two below SIGRTMIN to itself. */
	assert_int_equal(ignored & ~(3ULL << 31), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	outcome = run(request_of("cat /proc/self/stat", false, &identity));
	assert_int_equal(
	    sscanf(outcome.output, "%d (cat) %*c %d %d %d", &pid, &parent, &group, &session), 4);
	assert_int_equal(pid, outcome.pid);
	assert_int_equal(group, outcome.pid);
	assert_int_equal(session, outcome.pid);
}

static void
limits_reach_the_command(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "umask; ulimit -n; ulimit -c; nice; cat /proc/self/oom_score_adj", true, &identity);

	(void)state;
	identity.umask = 027;
	identity.limits.nofile = 77;
	identity.limits.core_bytes = 0;
	identity.nice = 17;
	identity.oom_score_adj = 900;
	assert_output(request, "0027\n77\n0\n17\n900\n");
}

static void
root_becomes_the_user_with_its_groups(void **state)
{
	static char user[] = "nobody", number[] = "4242", group[] = "daemon", wrong[] = "no-such",
		    secret_path[PATH_MAX];
	char *secrets[] = { secret_path, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "echo $(id -un) $(id -gn) $(id -Gn) $HOME $USER $LOGNAME $SHELL $S", true, &identity);

	(void)state;
	identity.user = wrong;
	assert_failure(request, "no such user 'no-such'");
	identity.user = empty;
	identity.group = wrong;
	assert_failure(request, "no such group 'no-such'");
	identity.group = empty;
	identity.user = number;
	assert_failure(request, "uid 4242 is not in the user data base, so it needs a group");
	if (geteuid() != 0)
		return;
	write_file("root-only", "s3cret\n", 0600);
	snprintf(secret_path, sizeof(secret_path), "S=%s", in_directory("root-only"));
	identity.secrets = secrets;
	identity.user = user;
	assert_output(request,
	    "nobody nogroup nogroup /nonexistent nobody nobody /usr/sbin/nologin s3cret\n");
	identity.group = group;
	assert_output(
	    request, "nobody daemon daemon /nonexistent nobody nobody /usr/sbin/nologin s3cret\n");
	identity.user = number;
	request.command = "echo $(id -u) $(id -gn) $HOME $USER; grep CapEff /proc/self/status";
	assert_output(request, "4242 daemon / 4242\nCapEff:\t0000000000000000\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_arguments_reach_the_command),
		cmocka_unit_test(path_of_the_final_environment_counts),
		cmocka_unit_test(a_command_with_a_slash_counts_from_its_directory),
		cmocka_unit_test(commands_that_cant_run_are_told_apart),
		cmocka_unit_test(bad_directories_are_named),
		cmocka_unit_test(later_sources_of_the_environment_win),
		cmocka_unit_test(signals_start_anew_in_an_own_session),
		cmocka_unit_test(limits_reach_the_command),
		cmocka_unit_test(root_becomes_the_user_with_its_groups),
	};

	return cmocka_run_group_tests_name("exec_child", tests, begin_slow, end) +
	       cmocka_run_group_tests_name("exec_quick", tests, begin_quick, end);
}
