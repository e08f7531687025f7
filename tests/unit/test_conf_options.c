#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/options.h"
#include "conf/value.h"
#include "conf_files.h"

/* Otherwise an outbox is refused. */
#ifdef HAVE_LIBPQ
#define CAN_CONNECT true
#else
#define CAN_CONNECT false
#endif

/* The laws of one table. */
static void check_table(const struct conf_section *);

static void
check_table(const struct conf_section *section)
{
	for (const struct conf_option *option = section->options; option->name != NULL; option++) {
		size_t len = option->summary != NULL ? strlen(option->summary) : 0;

		if (conf_option_find(section, option->name) != option)
			fail_msg("%s: '%s' is there twice", section->name, option->name);
		if (strspn(option->name, "abcdefghijklmnopqrstuvwxyz_.") != strlen(option->name))
			fail_msg("%s: '%s' is not a lower-case name", section->name, option->name);
		if (len == 0 || option->summary[len - 1] != '.')
			fail_msg("%s: '%s' has no sentence", section->name, option->name);
		if (option->min > option->max && option->max != 0)
			fail_msg("%s: '%s' allows nothing", section->name, option->name);
		if (option->type == CONF_TYPE_WORD && option->words == NULL)
			fail_msg("%s: '%s' has no words", section->name, option->name);
	}
}

static void
every_option_has_a_name_of_its_own_and_a_sentence(void **state)
{
	(void)state;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		check_table(section);
}

static bool
is_shared(const struct conf_section *program, const char *name)
{
	const struct conf_option *option = conf_option_find(program, name);

	return option != NULL && option->builtin;
}

/* A built-in's own options and the program's that it takes must not be mixed up. */
static void
options_of_built_ins_do_not_hide_those_of_programs(void **state)
{
	const struct conf_section *program = conf_section_find("program");
	const struct conf_section *logger = conf_section_find("logger");

	(void)state;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		for (const struct conf_option *option = section->options;
		     section->builtin && section != logger && option->name != NULL; option++)
			assert_false(is_shared(program, option->name));
	assert_true(conf_option_is_program(conf_option_find(program, "umask")));
	assert_true(conf_option_is_program(conf_option_find(logger, "umask")));
	assert_false(conf_option_is_program(conf_option_find(logger, "log_format")));
	assert_null(conf_option_find(logger, "command"));
	assert_null(conf_option_find(conf_section_find("control"), "umask"));
}

/* What a section must say besides. */
static const char *
needed_in(const struct conf_section *section)
{
	if (strcmp(section->name, "program") == 0)
		return "command = x";
	if (strcmp(section->name, "webhook") == 0)
		return "path = /x job = x secret = x header = x";
	if (strcmp(section->name, "outbox") == 0)
		return "database = x";
	if (strcmp(section->name, "alert") == 0)
		return "when = breaker job = x";
	if (strcmp(section->name, "notify") == 0)
		return "events = job.dead job = x";
	return "";
}

/* "breaker { failures = '0' }" */
static void
write_default(const struct conf_section *section, const struct conf_option *option)
{
	const char *dot = strchr(option->name, '.');
	char inner[128], text[256];

	/* A section `check` is nothing without something to ask. */
	if (dot != NULL)
		snprintf(inner, sizeof(inner), "%.*s { %s%s = '%s' }", (int)(dot - option->name),
		    option->name, strncmp(option->name, "check.", 6) == 0 ? "tcp = 80 " : "",
		    dot + 1, option->initial);
	else
		snprintf(inner, sizeof(inner), "%s = '%s'", option->name, option->initial);
	if (section->name[0] == '\0')
		snprintf(text, sizeof(text), "%s", inner);
	else
		snprintf(text, sizeof(text), "%s %s { %s %s }", section->name,
		    section->titled ? "x" : "", needed_in(section), inner);
	if (strcmp(section->name, "webhook") == 0)
		strlcat(text, " http { listen = 127.0.0.1:8080 }", sizeof(text));
	if (strcmp(section->name, "alert") == 0 || strcmp(section->name, "notify") == 0)
		strlcat(text, " job x { }", sizeof(text));
	conf_free(conf_of(text));
}

static void
every_option_can_be_written_with_its_default(void **state)
{
	(void)state;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		for (const struct conf_option *option = section->options; option->name != NULL;
		     option++)
			if (option->initial != NULL && option->initial[0] != '\0' &&
			    (CAN_CONNECT || strcmp(section->name, "outbox") != 0))
				write_default(section, option);
}

static void
a_changed_value_is_seen(void **state)
{
	static const struct {
		const char *option, *other;
	} changes[] = {
		{"command",         "command = y"                      },
                { "shell",          "command = x shell = 1"            },
		{ "priority",       "command = x priority = 1"         },
		{ "backoff_factor", "command = x backoff_factor = 3"   },
		{ "stop_signal",    "command = x stop_signal = INT"    },
		{ "restart",        "command = x restart = never"      },
		{ "environment",    "command = x environment = 'A=1'"  },
		{ "exit_codes",     "command = x exit_codes = 1"       },
		{ "exit_codes",     "command = x exit_codes = { 0, 0 }"},
		{ "ready",          "command = x ready = fd:4"         },
		{ "ready",          "command = x ready = delay:1s"     },
                { "umask",          "command = x umask = 0"            }
	};
	const struct conf_section *program = conf_section_find("program");
	struct conf *conf = conf_of("program x { command = x }"), *other;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		snprintf(text, sizeof(text), "program x { %s }", changes[i].other);
		other = conf_of(text);
		for (const struct conf_option *option = program->options; option->name != NULL;
		     option++)
			assert_int_equal(conf_option_equal(option, conf_find_program(conf, "x"),
					     conf_find_program(other, "x")),
			    strcmp(option->name, changes[i].option) != 0);
		conf_free(other);
	}
	conf_free(conf);
}

static void
json_is_told_from_what_looks_like_it(void **state)
{
	static const char *const good[] = { "[]", " [ ] ", "[1,-2.5e+3,0,0.1]",
		"[\"a\\n\\u00e9\\ud83d\\ude00\"]", "[{\"a\":[],\"b\":null},true,false]",
		"[\"\xc3\xa9\xf0\x9f\x98\x80\"]" };
	static const char *const bad[] = { "", "{}", "1", "[", "]", "[1", "[1,]", "[,1]", "[a]",
		"[01]", "[1.]", "[-]", "[1e]", "[\"a]", "[\"\\x\"]", "[\"\\u00g0\"]",
		"[\"\\u0000\"]", "[\"\\ud800\"]", "[\"\\udc00\"]", "[\"\xff\"]", "[\"\xc3\"]",
		"[\"\xed\xa0\x80\"]", "[\"\xc0\x80\"]", "[\"\t\"]", "[{\"a\"}]", "[{\"a\":}]",
		"[{1:2}]", "[{\"a\":1,}]", "[] []", "[]x", "[tru]", "[\"\\\"]",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (value_check_args(good[i]) != NULL)
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (value_check_args(bad[i]) == NULL)
			fail_msg("%s is taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_has_a_name_of_its_own_and_a_sentence),
		cmocka_unit_test(options_of_built_ins_do_not_hide_those_of_programs),
		cmocka_unit_test(every_option_can_be_written_with_its_default),
		cmocka_unit_test(a_changed_value_is_seen),
		cmocka_unit_test(json_is_told_from_what_looks_like_it),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
