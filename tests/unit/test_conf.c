#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "conf_files.h"

static void
a_program_gets_the_defaults(void **state)
{
	struct conf *conf = conf_of("program web { command = \"sleep 9\" }");
	const struct conf_program *web = conf_find_program(conf, "web");

	(void)state;
	assert_string_equal(web->command, "sleep 9");
	assert_int_equal(web->priority, 999);
	assert_int_equal(web->restart, CONF_RESTART_ON_FAILURE);
	assert_int_equal(web->exit_code_count, 1);
	assert_int_equal(web->exit_codes[0], 0);
	assert_int_equal(web->start_seconds_ms, 1000);
	assert_int_equal(web->stop_signal, SIGTERM);
	assert_int_equal(web->stop_timeout_ms, 10000);
	assert_int_equal(web->instances, 1);
	assert_int_equal(web->exit_code, CONF_UNSET);
	assert_int_equal(web->identity.nice, CONF_UNSET);
	assert_string_equal(web->identity.user, "");
	assert_null(web->after[0]);
	assert_int_equal(web->log.maxbytes, 50 << 20);
	assert_int_equal(web->line, 1);
	conf_free(conf);
}

static void
values_of_every_type_are_read(void **state)
{
	struct conf *conf = conf_of("program db { command = db }\n"
				    "program web {\n"
				    "  command = 'a  \"b\" ${HOME}'  # as it is\n"
				    "  shell = yes /* and */ oneshot = off\n"
				    "  priority = -5\n"
				    "  backoff_factor = 1.5\n"
				    "  stop_timeout = 1min30s\n"
				    "  logfile_maxbytes = 2G\n"
				    "  limit_nofile = 1024  limit_core = unlimited\n"
				    "  umask = 027\n"
				    "  stop_signal = sigint\n"
				    "  restart = always\n"
				    "  after = db\n"
				    "  requires = { db, }\n"
				    "  environment = { \"A=1\", \"B=2\" }\n"
				    "  environment += \"C=x y\"\n"
				    "  exit_codes = { 0, 2, 255 }\n"
				    "  ready = \"tcp:[::1]:8000\"\n"
				    "  listen = { tcp://0.0.0.0:80, unix:/run/x }\n"
				    "}\n");
	const struct conf_program *web = conf_find_program(conf, "web");

	(void)state;
	assert_string_equal(web->command, "a  \"b\" ${HOME}");
	assert_true(web->shell);
	assert_false(web->oneshot);
	assert_int_equal(web->priority, -5);
	assert_true(web->backoff_factor > 1.49 && web->backoff_factor < 1.51);
	assert_int_equal(web->stop_timeout_ms, 90000);
	assert_int_equal(web->log.maxbytes, INT64_C(2) << 30);
	assert_int_equal(web->identity.limits.nofile, 1024);
	assert_int_equal(web->identity.limits.core_bytes, INT64_MAX);
	assert_int_equal(web->identity.umask, 027);
	assert_int_equal(web->stop_signal, SIGINT);
	assert_int_equal(web->restart, CONF_RESTART_ALWAYS);
	assert_string_equal(web->after[0], "db");
	assert_string_equal(web->requires[0], "db");
	assert_null(web->requires[1]);
	assert_string_equal(web->identity.environment[1], "B=2");
	assert_string_equal(web->identity.environment[2], "C=x y");
	assert_null(web->identity.environment[3]);
	assert_int_equal(web->exit_code_count, 3);
	assert_int_equal(web->exit_codes[2], 255);
	assert_int_equal(web->ready, CONF_READY_TCP);
	assert_string_equal(web->ready_address, "::1");
	assert_int_equal(web->ready_value, 8000);
	assert_string_equal(web->listen[0], "tcp://0.0.0.0:80");
	assert_int_equal(web->line, 2);
	conf_free(conf);
}

static void
names_in_double_quotes_are_expanded_once(void **state)
{
	struct conf *conf;
	const struct conf_program *web;

	(void)state;
	setenv("CONF_TEST_SET", "a \"b\" \\ ${CONF_TEST_EMPTY} $\nc", 1);
	setenv("CONF_TEST_EMPTY", "", 1);
	unsetenv("CONF_TEST_UNSET");
	conf =
	    conf_of("program web {\n"
		    "  command = \"x ${CONF_TEST_SET}\" shell = true\n"
		    "  environment = { \"A=${CONF_TEST_EMPTY}\", \"B=${CONF_TEST_EMPTY:-b}\",\n"
		    "    \"C=${CONF_TEST_UNSET:-80 }\", 'D=${CONF_TEST_SET}',\n"
		    "    \"E=\\${CONF_TEST_SET}\", \"F=$$HOME $\", \"G=${CONF_TEST_UNSET:-}\" }\n"
		    "}");
	web = conf_find_program(conf, "web");
	assert_string_equal(web->command, "x a \"b\" \\ ${CONF_TEST_EMPTY} $\nc");
	assert_string_equal(web->identity.environment[0], "A=");
	assert_string_equal(web->identity.environment[1], "B=b");
	assert_string_equal(web->identity.environment[2], "C=80 ");
	assert_string_equal(web->identity.environment[3], "D=${CONF_TEST_SET}");
	assert_string_equal(web->identity.environment[4], "E=${CONF_TEST_SET}");
	assert_string_equal(web->identity.environment[5], "F=$$HOME $");
	assert_string_equal(web->identity.environment[6], "G=");
	conf_free(conf);
	assert_conf_error("\n\nprogram x { command = \"a ${CONF_TEST_UNSET}\" }",
	    "main.conf:3: the environment variable 'CONF_TEST_UNSET' is not set; "
	    "${CONF_TEST_UNSET:-} allows that");
}

static void
the_logger_section_has_the_defaults_of_all_programs(void **state)
{
	struct conf *conf = conf_of("program a { command = a }\n"
				    "logger { logfile_maxbytes = 1M log_format = json memory = 1M\n"
				    "  stop_timeout = 3s }\n"
				    "program b { command = b logfile_maxbytes = 2M }");

	(void)state;
	assert_int_equal(conf_find_program(conf, "a")->log.maxbytes, 1 << 20);
	assert_int_equal(conf_find_program(conf, "a")->log.format, CONF_LOG_JSON);
	assert_int_equal(conf_find_program(conf, "b")->log.maxbytes, 2 << 20);
	assert_int_equal(conf_find_program(conf, "b")->log.format, CONF_LOG_JSON);
	assert_int_equal(conf_find_program(conf, "logger")->stop_timeout_ms, 3000);
	assert_int_equal(conf->logger_memory_bytes, 1 << 20);
	assert_int_equal(conf->log.maxbytes, 1 << 20);
	conf_free(conf);
}

static void
built_ins_run_when_they_are_needed(void **state)
{
	struct conf *conf = conf_of("program web { command = x }");

	(void)state;
	assert_int_equal(conf->program_count, 2);
	assert_int_equal(conf->programs[0].role, CONF_ROLE_LOGGER);
	conf_free(conf);

	conf = conf_of("job j { command = x }\nrunner { concurrency = 3 nice = 5 }");
	assert_int_equal(conf->program_count, 3);
	assert_int_equal(conf->programs[1].role, CONF_ROLE_SCHEDULER);
	assert_int_equal(conf->programs[2].role, CONF_ROLE_RUNNER);
	assert_int_equal(conf->programs[2].restart, CONF_RESTART_ALWAYS);
	assert_int_equal(conf->programs[2].ready, CONF_READY_NOTIFY);
	assert_int_equal(conf->programs[2].identity.nice, 5);
	assert_int_equal(conf->programs[2].line, 2);
	assert_int_equal(conf->runner.concurrency, 3);
	conf_free(conf);

	conf = conf_of("scheduler { enabled = true } logger { enabled = false }");
	assert_int_equal(conf->program_count, 1);
	assert_int_equal(conf->programs[0].role, CONF_ROLE_SCHEDULER);
	conf_free(conf);
}

static void
a_name_of_a_built_in_is_free_while_that_does_not_run(void **state)
{
	struct conf *conf = conf_of("program scheduler { command = \"python3 scheduler.py\" }");

	(void)state;
	assert_int_equal(conf_find_program(conf, "scheduler")->role, CONF_ROLE_USER);
	conf_free(conf);
	assert_conf_error("job j { command = x }\nprogram scheduler { command = y }",
	    "main.conf:2: program 'scheduler': the name is taken by the built-in scheduler, which "
	    "runs because there are jobs, queues, webhooks, outboxes or a section 'scheduler'");
	assert_conf_error("program logger { command = y }",
	    "main.conf:1: program 'logger': the name is taken by the built-in logger");
}

static void
programs_stand_in_starting_order(void **state)
{
	struct conf *conf = conf_of("program b { command = x priority = 5 }"
				    "program c { command = x priority = 1 }"
				    "program a { command = x priority = 5 }");

	(void)state;
	assert_string_equal(conf->programs[0].name, "logger");
	assert_string_equal(conf->programs[1].name, "c");
	assert_string_equal(conf->programs[2].name, "a");
	assert_string_equal(conf->programs[3].name, "b");
	conf_free(conf);
}

static void
relative_places_have_a_stated_beginning(void **state)
{
	struct conf *conf = conf_of("run_dir = run log_dir = /logs\n"
				    "program a { command = a stdout_log = a/b.log "
				    "stderr_log = none }");

	(void)state;
	assert_string_equal(conf->run_dir, conf_files_path("run"));
	assert_string_equal(conf_find_program(conf, "a")->log.stdout_log, "/logs/a/b.log");
	assert_string_equal(conf_find_program(conf, "a")->log.stderr_log, "none");
	assert_string_equal(conf->log.stdout_log, "/logs/jobd.log");
	conf_free(conf);
}

/* In a process of its own: root has other places. */
static void
a_plain_user_has_the_places_of_the_xdg_specification(void **state)
{
	int wait_status;
	pid_t child;

	(void)state;
	if ((child = fork()) == 0) {
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(2);
		setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
		setenv("XDG_STATE_HOME", "relative is ignored", 1);
		setenv("HOME", "/home/u", 1);
		_exit(strcmp(conf_default_run_dir(), "/run/user/5/jobd") != 0 ||
		      strcmp(conf_default_state_dir(), "/home/u/.local/state/jobd") != 0 ||
		      strcmp(conf_default_log_dir(), "/home/u/.local/state/jobd/log") != 0);
	}
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	assert_int_equal(wait_status, 0);
}

static void
the_run_dir_is_found_in_a_file_that_is_wrong_elsewhere(void **state)
{
	char error[CONF_ERROR_MAX];
	char *run_dir;

	(void)state;
	conf_files_write("a.conf", "program x { comand = y }\nrun_dir = /run/here\n");
	run_dir = conf_run_dir_of(conf_files_path("a.conf"), error, sizeof(error));
	assert_string_equal(run_dir, "/run/here");
	free(run_dir);
	conf_files_write("a.conf", "include(b.conf)");
	conf_files_write("b.conf", "run_dir = /run/there\n");
	run_dir = conf_run_dir_of(conf_files_path("a.conf"), error, sizeof(error));
	assert_string_equal(run_dir, "/run/there");
	free(run_dir);
	conf_files_write("a.conf", "program x {");
	assert_null(conf_run_dir_of(conf_files_path("a.conf"), error, sizeof(error)));
	assert_non_null(strstr(error, "a.conf:1: the section that begins here has no '}'"));
	assert_null(conf_run_dir_of("/nonexistent/a.conf", error, sizeof(error)));
	assert_string_equal(error, "/nonexistent/a.conf: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_gets_the_defaults),
		cmocka_unit_test(values_of_every_type_are_read),
		cmocka_unit_test(names_in_double_quotes_are_expanded_once),
		cmocka_unit_test(the_logger_section_has_the_defaults_of_all_programs),
		cmocka_unit_test(built_ins_run_when_they_are_needed),
		cmocka_unit_test(a_name_of_a_built_in_is_free_while_that_does_not_run),
		cmocka_unit_test(programs_stand_in_starting_order),
		cmocka_unit_test(relative_places_have_a_stated_beginning),
		cmocka_unit_test(a_plain_user_has_the_places_of_the_xdg_specification),
		cmocka_unit_test(the_run_dir_is_found_in_a_file_that_is_wrong_elsewhere),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
