#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobctl/import.h"
#include "jobctl/import_words.h"

/* What the import makes of a file in /srv/etc must be exactly this. */
static void
check(import_fn *read, const char *text, size_t looks, const char *expected)
{
	char *copy = strdup(text), *written;
	struct import import;
	size_t len;
	FILE *out = open_memstream(&written, &len);

	assert_non_null(copy);
	assert_non_null(out);
	import_begin(&import, out, "/srv/etc");
	read(&import, copy);
	assert_int_equal(import.looks, looks);
	assert_int_equal(import_end(&import), 0);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
	free(copy);
}

static void
a_crontab_line_is_a_job(void **state)
{
	(void)state;
	check(import_crontab, "*/5  *\t* * 1-5  bin/sync now\n", 0,
	    "job sync {\n    schedule = \"*/5  *\t* * 1-5\"\n    command = \"bin/sync now\"\n}\n");
	check(import_crontab, "@daily /opt/a.sh", 0,
	    "job a {\n    schedule = \"@daily\"\n    command = \"/opt/a.sh\"\n}\n");
	check(import_crontab, "@reboot warm\r\n", 0,
	    "program warm {\n    oneshot = true\n    command = \"warm\"\n}\n");
	check(import_system_crontab, "1 2 * * * root run-parts /etc/x\n", 0,
	    "job run-parts {\n    schedule = \"1 2 * * *\"\n    command = \"run-parts /etc/x\"\n"
	    "    user = \"root\"\n}\n");
}

static void
a_crontabs_shell_tricks(void **state)
{
	(void)state;
	check(import_crontab, "0 0 * * * cd /srv/app && x $(date +\\%F) > /dev/null 2>&1\n", 0,
	    "job x {\n    schedule = \"0 0 * * *\"\n    command = 'x $(date +%F)'\n"
	    "    shell = true\n    directory = \"/srv/app\"\n}\n");
	check(import_crontab, "0 0 * * * cd \"$D\" && x\n", 0,
	    "job x {\n    schedule = \"0 0 * * *\"\n    command = 'cd \"$D\" && x'\n"
	    "    shell = true\n}\n");
	check(import_crontab, "SHELL=/bin/bash\n0 0 * * * echo 'a' | x\n", 0,
	    "job echo {\n    schedule = \"0 0 * * *\"\n"
	    "    command = \"/bin/bash -c 'echo '\\\\''a'\\\\'' | x'\"\n}\n");
	check(import_crontab, "0 0 * * * mail x%Hello%you\n", 1,
	    "job mail {\n    # look: cron gave it what stands behind '%' as standard input\n"
	    "    schedule = \"0 0 * * *\"\n    command = \"mail x\"\n}\n");
}

static void
a_crontabs_settings(void **state)
{
	(void)state;
	check(import_crontab,
	    "A = \"1 2\"\nCRON_TZ=Asia/Tokyo\n# first\n@hourly a\nB=2\nTZ=UTC\n@hourly a\n", 0,
	    "# first\nenvironment = { \"A=1 2\" }\nscheduler { timezone = \"Asia/Tokyo\" }\n\n"
	    "job a {\n    schedule = \"@hourly\"\n    command = \"a\"\n}\n\n"
	    "job a_2 {\n    schedule = \"@hourly\"\n    command = \"a\"\n"
	    "    timezone = \"UTC\"\n    environment = { \"B=2\" }\n}\n");
	check(import_crontab, "MAILTO=me\n1 2 3 4 a\n", 2,
	    "# look: MAILTO=me: output is kept with each run, 'jobctl jobs --state dead' lists "
	    "what "
	    "failed, and 'alerts' tells it\n"
	    "# look: neither a setting nor a line with a command: 1 2 3 4 a\n");
}

static void
a_procfile(void **state)
{
	(void)state;
	check(import_procfile, "web: puma -p $PORT\n\n# slow\nworker: node w.js\nno line\n", 1,
	    "program web {\n    command = 'puma -p $PORT'\n    shell = true\n"
	    "    environment = { \"PORT=5000\" }\n    environment_file = \"-.env\"\n"
	    "    essential = true\n}\n\n"
	    "# slow\nprogram worker {\n    command = \"node w.js\"\n"
	    "    environment_file = \"-.env\"\n}\n"
	    "# look: no line of NAME: COMMAND: no line\n");
	check(import_procfile, "release: migrate\nclock: c\n", 0,
	    "program release {\n    command = \"migrate\"\n    environment_file = \"-.env\"\n"
	    "    oneshot = true\n}\n\n"
	    "program clock {\n    command = \"c\"\n    environment_file = \"-.env\"\n"
	    "    requires = release\n}\n");
}

static void
a_program_of_supervisord(void **state)
{
	(void)state;
	check(import_supervisord,
	    "; ours\n[program:web]\ncommand=serve --port %(ENV_PORT)s %(program_name)s 100%% ; "
	    "fast\n"
	    "directory = %(here)s/../app\nautorestart=true\nStopSignal=sigquit\nstopwaitsecs=30\n"
	    "exitcodes=0,2\nstopasgroup=true\nstdout_logfile=/dev/stdout\n"
	    "stdout_logfile_maxbytes=5MB\nstderr_logfile=AUTO\n"
	    "environment=A=\"x,y\",B='2',\n  C=3\n",
	    0,
	    "program web {\n    command = \"serve --port ${PORT} web 100%\"\n"
	    "    directory = \"/srv/etc/../app\"\n    restart = always\n    stop_signal = QUIT\n"
	    "    stop_timeout = 30s\n    exit_codes = { 0,2 }\n    stop_mode = group\n"
	    "    stdout_log = none\n    logfile_maxbytes = 5M\n"
	    "    environment = { \"A=x,y\", \"B=2\", \"C=3\" }\n}\n");
	check(import_supervisord, "[program:runner]\ncommand=a \"$B\" ${C}\nserverurl=AUTO\n", 2,
	    "program runner_2 {\n    # look: it was called 'runner', which is another's name here\n"
	    "    command = 'a \"$B\" ${C}'\n    # look: serverurl=AUTO\n}\n");
}

static void
other_sections_of_supervisord(void **state)
{
	(void)state;
	check(import_supervisord,
	    "[unix_http_server]\nfile=/s\n[supervisord]\nlogfile=/var/log/app/"
	    "s.log\nloglevel=warn\n"
	    "[inet_http_server]\nport=127.0.0.1:9001\n",
	    0,
	    "log_level = warning\nlog_dir = \"/var/log/app\"\n"
	    "http { listen = \"127.0.0.1:9001\" }\n");
	check(import_supervisord, "[group:g]\nprograms=a,b\n[what]\nx=1\n", 2,
	    "# look: [group:g] programs=a,b: jobctl takes several names and shell patterns\n"
	    "# look: the section [what] is none of supervisord's\n");
	check(import_supervisord, "stray=1\n[fcgi-program:f]\ncommand=f\nsocket=unix:///run/f\n", 2,
	    "# look: no line of KEY=VALUE in a section: stray=1\n\n"
	    "program f {\n    command = \"f\"\n"
	    "    # look: the socket is passed on as descriptor 3 and LISTEN_FDS, not as descriptor "
	    "0\n"
	    "    listen = \"unix:/run/f\"\n}\n");
}

static void
commands_get_names(void **state)
{
	static const char *const names[][2] = {
		{"python3 -m app.report",                      "report"},
		{ "/usr/bin/env FOO=1 node --x lib/worker.js", "worker"},
                { "sh -c 'a; b'",                              "a"     },
		{ "1",					 "job"   },
                { "",					  "job"   },
                { "-m a.b",                                    "b"     },
                { "bundle exec rake x:y",                      "x:y"   },
		{ "bash",				      "bash"  }
	};
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		import_name_of(names[i][0], name, sizeof(name));
		assert_string_equal(name, names[i][1]);
	}
}

static void
what_needs_a_shell(void **state)
{
	static const char *const plain[] = { "a b", "a 'x|y' \"p;q\"", "a b=c", "a \\\"",
		"a \"\\\"\"", "" };
	static const char *const shell[] = { "a | b", "a $X", "a \"$X\"", "X=1 a", "a *", "a;b",
		"~/a", "a \"\\n\"", "a `b`" };

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_false(import_needs_shell(plain[i]));
	for (size_t i = 0; i < sizeof(shell) / sizeof(shell[0]); i++)
		assert_true(import_needs_shell(shell[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crontab_line_is_a_job),
		cmocka_unit_test(a_crontabs_shell_tricks),
		cmocka_unit_test(a_crontabs_settings),
		cmocka_unit_test(a_procfile),
		cmocka_unit_test(a_program_of_supervisord),
		cmocka_unit_test(other_sections_of_supervisord),
		cmocka_unit_test(commands_get_names),
		cmocka_unit_test(what_needs_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
