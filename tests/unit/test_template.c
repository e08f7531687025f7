#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "jobd-runner/template.h"

struct example {
	const char *text, *args, *want;
};

/* Expects the text, or the error if `want` begins with '!'. */
static void
check(enum template_kind kind, const struct example *example)
{
	json_t *args = json_loads(example->args, JSON_ALLOW_NUL, NULL);
	struct template_values values = {
		.args = args, .jid = "j1", .jobtype = "welcome", .attempt = 2
	};
	char error[TEMPLATE_ERROR_MAX] = "", *got;
	size_t len = 0;

	assert_non_null(args);
	got = template_render(kind, "subject", example->text, strlen(example->text), &values, &len,
	    error, sizeof(error));
	if (example->want[0] == '!') {
		assert_null(got);
		assert_string_equal(error, example->want + 1);
	} else {
		assert_string_equal(error, "");
		assert_non_null(got);
		assert_string_equal(got, example->want);
		assert_int_equal(len, strlen(got));
	}
	free(got);
	json_decref(args);
}

static void
check_all(enum template_kind kind, const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(kind, &examples[i]);
}
#define CHECK_ALL(kind, examples)                                                                  \
	check_all((kind), (examples), sizeof(examples) / sizeof((examples)[0]))

static void
names_come_from_the_arguments(void **state)
{
	static const struct example examples[] = {
		{"",				 "[]",					""                            },
		{ "plain }} {",                      "[]",					"plain }} {"                  },
		{ "Hi {{name}}!",                    "[{\"name\":\"Ann\"}]",                      "Hi Ann!"                     },
		{ "{{ name }}{{&name}}{{{ name }}}", "[{\"name\":\"A\"}]",                        "AAA"                         },
		{ "{{user.name}} {{items.1.title}}",
                 "[{\"user\":{\"name\":\"A\"},\"items\":[1,{\"title\":\"x\"}]}]",                 "A x"                         },
		{ "{{0}}-{{1}}",                     "[\"a\",7]",                                 "a-7"                         },
		{ "{{0.a}}{{1.0}}",                  "[{\"a\":1},[2]]",                           "12"                          },
		{ "{{jid}} {{attempt}} {{jobtype}}", "[]",                                        "j1 2 welcome"                },
		{ "{{jid}}",                         "[{\"jid\":\"mine\"}]",                      "mine"                        },
		{ "{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}",
                 "[{\"a\":true,\"b\":null,\"c\":1.5,\"d\":9007199254740993,\"e\":[1],\"f\":{}}]", "true1.59007199254740993[1]{}"},
	};

	(void)state;
	CHECK_ALL(TEMPLATE_TEXT, examples);
}

static void
what_is_missing_or_wrong_is_named(void **state)
{
	static const struct example examples[] = {
		{"a\nb {{nmae}}",             "[{\"name\":1}]",
                 "!subject:2: {{nmae}} is not among the job's arguments"                                                 },
		{ "{{name.first}}",           "[{\"name\":\"x\"}]",
                 "!subject:1: {{name.first}} is not among the job's arguments"                                           },
		{ "{{2}}",                    "[1,2]",               "!subject:1: {{2}} is not among the job's arguments"},
		{ "{{99999999999999999999}}", "[1]",
                 "!subject:1: {{99999999999999999999}} is not among the job's arguments"                                 },
		{ "{{a..b}}",                 "[{\"a\":{\"b\":1}}]",
                 "!subject:1: {{a..b}} is not among the job's arguments"                                                 },
		{ "{{name",                   "[]",                  "!subject:1: a {{ has no }}"                        },
		{ "{{{name}}",                "[]",                  "!subject:1: a {{ has no }}"                        },
		{ "{{}}",                     "[]",                  "!subject:1: a tag without a name"                  },
		{ "{{#}}",                    "[]",                  "!subject:1: a tag without a name"                  },
		{ "{{>part}}",                "[]",
                 "!subject:1: {{>part}} is a kind of tag that is not known here"                                         },
		{ "x\n{{#a}}",                "[]",                  "!subject:2: {{a}} is opened and never closed"      },
		{ "{{/a}}",                   "[]",                  "!subject:1: {{/a}} closes what is not open"        },
		{ "{{#a}}{{#b}}{{/a}}{{/b}}", "[]",                  "!subject:1: {{/b}} closes what is not open"        },
	};

	(void)state;
	CHECK_ALL(TEMPLATE_TEXT, examples);
}

static void
sections_repeat_and_choose(void **state)
{
	static const struct example examples[] = {
		{"{{#items}}{{title}}:{{n}} {{/items}}",
                 "[{\"n\":5,\"items\":[{\"title\":\"a\"},{\"title\":\"b\",\"n\":6}]}]",     "a:5 b:6 "},
		{ "{{#tags}}<{{.}}>{{/tags}}",             "[{\"tags\":[\"x\",1,null]}]",   "<x><1><>"},
		{ "{{#rows}}{{#.}}{{.}},{{/.}};{{/rows}}", "[{\"rows\":[[1,2],[3]]}]",      "1,2,;3,;"},
		{ "{{#user}}{{name}}{{/user}}",            "[{\"user\":{\"name\":\"A\"}}]", "A"       },
		{ "{{#a}}yes{{/a}}{{^a}}no{{/a}}",         "[{\"a\":0}]",                   "yes"     },
		{ "{{#a}}yes{{/a}}{{^a}}no{{/a}}",         "[{\"a\":\"\"}]",                "no"      },
		{ "{{#a}}yes{{/a}}{{^a}}no{{/a}}",         "[{\"a\":[]}]",                  "no"      },
		{ "{{#a}}yes{{/a}}{{^a}}no{{/a}}",         "[{}]",                          "no"      },
		{ "{{#a}}{{missing}}{{/a}}",               "[{}]",                          ""        },
		{ "{{#a}}{{#a}}x{{/a}}{{/a}}",             "[{\"a\":true}]",                "x"       },
		{ "{{#0}}{{.}}{{/0}}",                     "[[1,2]]",                       "12"      },
		{ "a{{! nothing }}b",                      "[]",                            "ab"      },
	};

	(void)state;
	CHECK_ALL(TEMPLATE_TEXT, examples);
}

static void
tags_alone_on_a_line_take_it_along(void **state)
{
	static const struct example examples[] = {
		{"You owe:\n{{#items}}\n- {{.}}\n{{/items}}\nBye\n", "[{\"items\":[1,2]}]",
                 "You owe:\n- 1\n- 2\nBye\n"							    },
		{ "a\r\n  {{#x}}\t\r\nb\r\n{{/x}}",                  "[{\"x\":1}]",         "a\r\nb\r\n"},
		{ "  {{x}}\n",				       "[{\"x\":1}]",         "  1\n"     },
		{ "a {{#x}}\nb{{/x}}\n",                             "[{\"x\":1}]",         "a \nb\n"   },
	};

	(void)state;
	CHECK_ALL(TEMPLATE_TEXT, examples);
}

static void
values_are_escaped_for_their_place(void **state)
{
	static const char *const args = "[{\"v\":\"<a href='x'>&\\\"/ \\u00e9\\n\\u0001\"}]";
	const struct example html = { "{{v}}", args,
		"&lt;a href=&#39;x&#39;&gt;&amp;&quot;/ \u00e9\n\001" };
	const struct example raw = { "{{{v}}}", args, "<a href='x'>&\"/ \u00e9\n\001" };
	const struct example json = { "{\"v\":\"{{v}}\"}", args,
		"{\"v\":\"<a href='x'>&\\\"/ \u00e9\\n\\u0001\"}" };
	const struct example url = { "http://h/{{v}}?a=/", args,
		"http://h/%3Ca%20href%3D%27x%27%3E%26%22%2F%20%C3%A9%0A%01?a=/" };

	(void)state;
	check(TEMPLATE_HTML, &html);
	check(TEMPLATE_HTML, &raw);
	check(TEMPLATE_TEXT, &(struct example){ "{{v}}", args, raw.want });
	check(TEMPLATE_JSON, &json);
	check(TEMPLATE_URL, &url);
	check(TEMPLATE_URL, &(struct example){ "http://h/{{{v}}}", args,
				"!subject:1: it has a blank or a control character" });
}

static void
lines_can_not_be_injected(void **state)
{
	static const char *const broken = "!subject:1: {{v}} has a line break or another control "
					  "character";
	static const char *const whole = "!subject:1: it has a line break or another control "
					 "character";
	const struct example examples[] = {
		{"to {{v}}", "[{\"v\":\"a\\tb\\u00e9\"}]",  "to a\tb\u00e9"},
		{ "{{v}}",   "[{\"v\":\"a\\r\\nBcc: b\"}]", broken         },
		{ "{{v}}",   "[{\"v\":\"a\\nBcc: b\"}]",    broken         },
		{ "{{v}}",   "[{\"v\":\"a\\u0000\"}]",      broken         },
		{ "{{{v}}}", "[{\"v\":\"a\\nb\"}]",         whole          },
		{ "a\nb",    "[]",                          whole          },
	};

	(void)state;
	CHECK_ALL(TEMPLATE_LINE, examples);
}

static void
values_can_not_leave_a_folder(void **state)
{
	static const struct example examples[] = {
		{"/srv/{{v}}.pdf", "[{\"v\":\"a.b\"}]",  "/srv/a.b.pdf"             },
		{ "/srv/{{v}}",    "[{\"v\":\"..\"}]",   "!subject:1: {{v}} is '..'"},
		{ "/srv/{{v}}",    "[{\"v\":\"../x\"}]",
                 "!subject:1: {{v}} has a character that no file's name may have"   },
		{ "{{{v}}}",       "[{\"v\":\"/a/b\"}]", "/a/b"                     },
	};

	(void)state;
	CHECK_ALL(TEMPLATE_PATH, examples);
}

/* A list of 1000 elements that is looped over in itself would take 1000^5 rounds. */
static void
work_and_size_are_bounded(void **state)
{
	static const char loops[] = "{{#0}}{{#1}}{{#0}}{{#1}}{{#0}}{{/0}}{{/1}}{{/0}}{{/1}}{{/0}}";
	static const char grows[] = "{{#0}}{{#1}}{{2}}{{/1}}{{/0}}";
	json_t *list = json_array(), *args;
	char error[TEMPLATE_ERROR_MAX], text[1024];
	struct template_values values = { .jid = "j", .jobtype = "t", .attempt = 1 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		json_array_append_new(list, json_true());
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	values.args = args = json_pack("[O, o, s]", list, list, text);
	assert_null(template_render(
	    TEMPLATE_TEXT, "t", grows, strlen(grows), &values, NULL, error, sizeof(error)));
	assert_string_equal(error, "t:1: the text becomes longer than 16 MiB");
	assert_null(template_render(
	    TEMPLATE_TEXT, "t", loops, strlen(loops), &values, NULL, error, sizeof(error)));
	assert_string_equal(error, "t:1: it is too much work");
	json_decref(args);
}

static void
a_lone_name_gives_its_value(void **state)
{
	json_t *args = json_loads("[{\"to\":[\"a\",\"b\"]}]", 0, NULL);
	struct template_values values = { .args = args, .jid = "j", .jobtype = "t", .attempt = 1 };

	(void)state;
	assert_ptr_equal(
	    template_lone_value("{{to}}", &values), json_object_get(json_array_get(args, 0), "to"));
	assert_null(template_lone_value("{{to}} ", &values));
	assert_null(template_lone_value("{{cc}}", &values));
	assert_null(template_lone_value("a@b", &values));
	assert_null(template_lone_value("{{#to}}", &values));
	json_decref(args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_arguments),
		cmocka_unit_test(what_is_missing_or_wrong_is_named),
		cmocka_unit_test(sections_repeat_and_choose),
		cmocka_unit_test(tags_alone_on_a_line_take_it_along),
		cmocka_unit_test(values_are_escaped_for_their_place),
		cmocka_unit_test(lines_can_not_be_injected),
		cmocka_unit_test(values_can_not_leave_a_folder),
		cmocka_unit_test(work_and_size_are_bounded),
		cmocka_unit_test(a_lone_name_gives_its_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
