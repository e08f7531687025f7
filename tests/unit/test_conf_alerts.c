#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/alert_when.h"
#include "conf_files.h"

#define JOB "job tell { command = \"true\" }\n"

static struct alert_when
when_of(const char *text)
{
	char error[ALERT_ERROR_MAX] = "";
	struct alert_when when;

	if (alert_when_parse(text, &when, error) == -1)
		fail_msg("'%s' %s", text, error);
	return when;
}

static void
measures_have_their_units_and_scopes(void **state)
{
	static const struct {
		const char *text;
		enum alert_measure measure;
		enum alert_unit unit;
		int64_t threshold;
		enum alert_scope scope;
		const char *name;
	} good[] = {
		{"dead > 100",				      ALERT_DEAD,           ALERT_COUNT,   100,              ALERT_EVERYTHING, ""    },
		{ "dead>0",					 ALERT_DEAD,           ALERT_COUNT,   0,                ALERT_EVERYTHING, ""    },
		{ "waiting queue=mailers > 1000",                   ALERT_WAITING,        ALERT_COUNT,   1000,             ALERT_OF_QUEUE,
                 "mailers"															 },
		{ "  retry\ttype=A::B  >  5 ",                      ALERT_RETRY,          ALERT_COUNT,   5,                ALERT_OF_TYPE,    "A::B"},
		{ "oldest_waiting > 1h30min",                       ALERT_OLDEST_WAITING, ALERT_MS,      5400000,
                 ALERT_EVERYTHING,													   ""    },
		{ "breaker",					ALERT_BREAKER,        ALERT_COUNT,   0,                ALERT_EVERYTHING, ""    },
		{ "outbox > 1",				     ALERT_OUTBOX,         ALERT_COUNT,   1,                ALERT_EVERYTHING, ""    },
		{ "program program=web",                            ALERT_PROGRAM,        ALERT_COUNT,   0,                ALERT_OF_PROGRAM, "web" },
		{ "missed type=report over=1d > 2",                 ALERT_MISSED,         ALERT_COUNT,   2,                ALERT_OF_TYPE,
                 "report"															  },
		{ "failure_rate queue=q least=20 over=10min > 25%", ALERT_FAILURE_RATE,
                 ALERT_PERCENT,									  25,               ALERT_OF_QUEUE,   "q"   },
		{ "failure_rate > 5",                               ALERT_FAILURE_RATE,   ALERT_PERCENT, 5,                ALERT_EVERYTHING, ""    },
		{ "disk < 1G",				      ALERT_DISK,           ALERT_BYTES,   INT64_C(1) << 30, ALERT_EVERYTHING, ""    },
		{ "disk < 10%",				     ALERT_DISK,           ALERT_PERCENT, 10,               ALERT_EVERYTHING, ""    },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct alert_when when = when_of(good[i].text);

		assert_int_equal(when.measure, good[i].measure);
		assert_int_equal(when.unit, good[i].unit);
		assert_int_equal(when.threshold, good[i].threshold);
		assert_int_equal(when.scope, good[i].scope);
		assert_string_equal(when.name, good[i].name);
		assert_int_equal(when.below, when.measure == ALERT_DISK);
	}
	assert_int_equal(when_of("missed").over_ms, 3600000);
	assert_int_equal(when_of("missed over=2d").over_ms, INT64_C(172800000));
	assert_int_equal(when_of("failure_rate > 1%").least, 10);
	assert_int_equal(when_of("failure_rate least=1 > 1%").least, 1);
	assert_int_equal(when_of("dead > 1").over_ms, 0);
}

static void
a_bound_is_crossed_not_reached(void **state)
{
	struct alert_when dead = when_of("dead > 100"), disk = when_of("disk < 10%");

	(void)state;
	assert_false(alert_when_holds(&dead, 100));
	assert_true(alert_when_holds(&dead, 101));
	assert_false(alert_when_holds(&disk, 10));
	assert_true(alert_when_holds(&disk, 9));
}

static void
values_are_written_for_people(void **state)
{
	char buf[40];

	(void)state;
	assert_string_equal(alert_value_text(ALERT_COUNT, 101, buf, sizeof(buf)), "101");
	assert_string_equal(alert_value_text(ALERT_MS, 600000, buf, sizeof(buf)), "10min");
	assert_string_equal(alert_value_text(ALERT_PERCENT, 20, buf, sizeof(buf)), "20%");
	assert_string_equal(alert_value_text(ALERT_BYTES, 1000, buf, sizeof(buf)), "1000");
	assert_string_equal(alert_value_text(ALERT_BYTES, 3 << 29, buf, sizeof(buf)), "1.5G");
	assert_string_equal(
	    alert_value_text(ALERT_BYTES, INT64_C(5) << 50, buf, sizeof(buf)), "5.12e+03T");
}

static void
wrong_texts_are_refused_with_the_reason(void **state)
{
	static const char *const wrong[][2] = {
		{"",			     "is empty"				      },
		{ "  > 3",                       "is empty"				      },
		{ "ded > 3",                     "did you mean 'dead'?"                          },
		{ "nonsense > 3",                "begins with none of dead, waiting,"            },
		{ "dead",                        "has no bound, as in 'dead > 100'"              },
		{ "dead >",                      "has nothing behind '>'"                        },
		{ "dead > 3 4",                  "has '4' behind its bound"                      },
		{ "dead < 3",                    "compares the wrong way"                        },
		{ "disk > 3G",                   "compares the wrong way"                        },
		{ "dead > many",                 "has 'many' where a number must be"             },
		{ "dead > -1",                   "has '-1' where a number must be"               },
		{ "dead >= 3",                   "has '3' behind its bound"                      },
		{ "dead > 99999999999999999999", "where a number must be"                        },
		{ "oldest_waiting > 5q",         "has '5q' where a time as 10min must be"        },
		{ "failure_rate > 101%",         "has '101%' where a percentage as 20% must be"  },
		{ "failure_rate > %",            "where a percentage"                            },
		{ "disk < 3 G",                  "has 'G' behind its bound"                      },
		{ "disk < lots",                 "where a size as 1G or 10% must be"             },
		{ "breaker queue=x",             "has 'queue=x', which its measure does not take"},
		{ "dead queue=a type=b > 1",     "has 'type=b' too much: one is enough"          },
		{ "dead queue= > 1",             "has no name"                                   },
		{ "dead over=1h > 1",            "has 'over=1h', which its measure does not take"},
		{ "missed over=5q",              "has 'over=5q', which is no time from 1s to 7d" },
		{ "missed over=8d",              "which is no time"                              },
		{ "missed least=3",              "which its measure does not take"               },
		{ "failure_rate least=0 > 1%",   "which is no number from 1"                     },
	};
	char error[ALERT_ERROR_MAX], big[2000];
	struct alert_when when;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (alert_when_parse(wrong[i][0], &when, error) == 0)
			fail_msg("'%s' is taken", wrong[i][0]);
		if (strstr(error, wrong[i][1]) == NULL)
			fail_msg("'%s': %s", wrong[i][0], error);
	}
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "dead queue=", 11);
	assert_int_equal(alert_when_parse(big, &when, error), -1);
}

static void
sections_are_read(void **state)
{
	struct conf *conf =
	    conf_of(JOB "alerts { job = tell repeat = 2h }\n"
			"alert one { when = \"dead > 5\" for = 5min repeat = 1h }\n"
			"alert two { when = \"breaker\" job = tell enabled = false }\n"
			"notify hooks { events = { \"job.dead\", \"program.fatal\" } job = tell\n"
			"  types = { \"a*\" } }\n");

	(void)state;
	assert_string_equal(conf->alerting.job, "tell");
	assert_int_equal(conf->alerting.repeat_ms, 7200000);
	assert_true(conf->alerting.defaults);
	assert_int_equal(conf->alert_count, 2);
	assert_string_equal(conf->alerts[0].name, "one");
	assert_string_equal(conf->alerts[0].when, "dead > 5");
	assert_int_equal(conf->alerts[0].hold_ms, 300000);
	assert_int_equal(conf->alerts[0].repeat_ms, 3600000);
	assert_string_equal(conf->alerts[0].job, "");
	assert_true(conf->alerts[0].enabled);
	assert_int_equal(conf->alerts[1].repeat_ms, CONF_UNSET);
	assert_false(conf->alerts[1].enabled);
	assert_int_equal(conf->notify_count, 1);
	assert_string_equal(conf->notifies[0].events[1], "program.fatal");
	assert_string_equal(conf->notifies[0].types[0], "a*");
	assert_null(conf->notifies[0].queues[0]);
	conf_free(conf);
}

static void
assert_refused(const char *text, const char *why)
{
	const char *error = conf_error_of(text);

	if (strstr(error, why) == NULL)
		fail_msg("%s", error);
}

static void
wrong_sections_are_refused(void **state)
{
	(void)state;
	assert_refused(JOB "alerts { job = tel }\n",
	    "option 'job': there is no section 'job tel' for alerts: did you mean 'tell'?");
	assert_refused(JOB "alert a { when = \"dead > 5\" }\n", "alert 'a' has no 'job'");
	assert_refused(JOB "alert a { job = tell }\n", "alert 'a' has no 'when'");
	assert_refused(JOB "alert a { when = \"\" job = tell }\n", "alert 'a' has no 'when'");
	assert_refused(JOB "alert a {\n job = tell\n when = \"dead > x\" }\n",
	    ":4: option 'when': 'dead > x' has 'x' where a number must be");
	assert_refused(JOB "alert a { job = tell when = \"program program=web\" }\n",
	    "option 'when': there is no program 'web'");
	assert_refused(JOB "notify n { job = tell }\n", "notify 'n' has no 'events'");
	assert_refused(JOB "notify n { events = \"job.dead\" }\n", "notify 'n' has no 'job'");
	assert_refused(JOB "notify n { events = \"job.ded\" job = tell }\n",
	    "'job.ded' is none of job.pushed");
	assert_refused(JOB "notify n { events = \"job.dead\" job = x }\n",
	    "there is no section 'job x' for what is told");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_have_their_units_and_scopes),
		cmocka_unit_test(a_bound_is_crossed_not_reached),
		cmocka_unit_test(values_are_written_for_people),
		cmocka_unit_test(wrong_texts_are_refused_with_the_reason),
		cmocka_unit_test(sections_are_read),
		cmocka_unit_test(wrong_sections_are_refused),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
