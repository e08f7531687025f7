#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/object.h"
#include "conf/options.h"
#include "conf/value.h"
#include "conf_files.h"

static uint32_t seed;

static uint32_t any(uint32_t below);
static char *any_text(void);
static char **any_list(void);
static void fill(const struct conf_option *, void *base);
static void fill_table(const struct conf_option *, void *base);
static struct conf *any_conf(void);
static void assert_table_equal(const struct conf_option *, const void *one, const void *other);
static void assert_conf_equal(const struct conf *, const struct conf *);
static void assert_refused_with(const char *before, const char *inserted, size_t inserted_len);

static uint32_t
any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Every byte but NUL, often none at all. */
static char *
any_text(void)
{
	size_t len = any(3) == 0 ? 0 : any(40);
	char *text = malloc(len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(1 + any(255));
	text[len] = '\0';
	return text;
}

static char **
any_list(void)
{
	size_t count = any(4);
	char **list = calloc(count + 1, sizeof(*list));

	assert_non_null(list);
	for (size_t i = 0; i < count; i++)
		list[i] = any_text();
	return list;
}

static int64_t
any_number(void)
{
	static const int64_t corners[] = { CONF_UNSET, INT64_MAX, INT64_MIN + 1, 0, 1, -1 };

	if (any(2) == 0)
		return corners[any(sizeof(corners) / sizeof(corners[0]))];
	return (int64_t)any(1 << 24) << any(30);
}

static void
fill(const struct conf_option *option, void *base)
{
	struct conf_program *program;
	int64_t words = 0, *numbers;

	switch (option->type) {
	case CONF_TYPE_STRING:
		value_text_free(*FIELD(option, base, char *));
		*FIELD(option, base, char *) = any_text();
		break;
	case CONF_TYPE_BOOL:
		*FIELD(option, base, bool) = any(2) == 1;
		break;
	case CONF_TYPE_FLOAT:
		*FIELD(option, base, double) = (double)any(1 << 24) / (1 + any(1000));
		break;
	case CONF_TYPE_WORD:
		while (option->words[words] != NULL)
			words++;
		*FIELD(option, base, int64_t) = any((uint32_t)words);
		break;
	case CONF_TYPE_LIST:
		value_list_free(*FIELD(option, base, char **));
		*FIELD(option, base, char **) = any_list();
		break;
	case CONF_TYPE_INT_LIST:
		*COUNT(option, base) = any(5);
		numbers = calloc(5, sizeof(*numbers));
		assert_non_null(numbers);
		for (size_t i = 0; i < *COUNT(option, base); i++)
			numbers[i] = any_number();
		free(*FIELD(option, base, int64_t *));
		*FIELD(option, base, int64_t *) = numbers;
		break;
	case CONF_TYPE_RATE:
		*FIELD(option, base, int64_t) = any_number();
		*PERIOD(option, base) = 1 + any(1 << 20);
		break;
	case CONF_TYPE_READY:
		program = base;
		program->ready = any(5);
		program->ready_value = any_number();
		value_text_free(program->ready_address);
		program->ready_address = any_text();
		break;
	case CONF_TYPE_INT:
	case CONF_TYPE_DURATION:
	case CONF_TYPE_SIZE:
	case CONF_TYPE_MODE:
	case CONF_TYPE_SIGNAL:
		*FIELD(option, base, int64_t) = any_number();
		break;
	}
}

static void
fill_table(const struct conf_option *option, void *base)
{
	for (; option->name != NULL; option++)
		fill(option, base);
}

static struct conf *
any_conf(void)
{
	struct conf *conf = conf_new();

	assert_non_null(conf);
	fill_table(conf_hidden_options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled)
			fill_table(section->options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		for (uint32_t i = section->titled ? any(4) : 0; i > 0; i--) {
			void *object = conf_add(conf, section);

			assert_non_null(object);
			fill_table(section->objects->hidden, object);
			fill_table(section->options, object);
		}
	for (size_t i = 0; i < conf->program_count; i++)
		conf->programs[i].role = any(4);
	return conf;
}

static void
assert_table_equal(const struct conf_option *option, const void *one, const void *other)
{
	for (; option->name != NULL; option++)
		if (!conf_option_equal(option, one, other))
			fail_msg("%s is not what it was", option->name);
}

static void
assert_conf_equal(const struct conf *one, const struct conf *other)
{
	assert_table_equal(conf_hidden_options, one, other);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled)
			assert_table_equal(section->options, one, other);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		for (size_t i = 0; section->titled && i < conf_count(one, section); i++) {
			assert_int_equal(conf_count(one, section), conf_count(other, section));
			assert_table_equal(section->objects->hidden, conf_object(one, section, i),
			    conf_object(other, section, i));
			assert_table_equal(section->options, conf_object(one, section, i),
			    conf_object(other, section, i));
		}
}

static void
any_configuration_survives_byte_by_byte(void **state)
{
	char error[CONF_ERROR_MAX];

	(void)state;
	for (uint32_t round = 0; round < 500; round++) {
		struct conf *conf, *again;
		size_t len, again_len;
		char *text, *again_text;

		seed = round;
		conf = any_conf();
		assert_non_null(text = conf_snapshot_write(conf, &len));
		if ((again = conf_snapshot_read(text, len, error, sizeof(error))) == NULL)
			fail_msg("round %u: %s", round, error);
		assert_conf_equal(conf, again);
		assert_non_null(again_text = conf_snapshot_write(again, &again_len));
		assert_int_equal(len, again_len);
		assert_memory_equal(text, again_text, len);
		free(text);
		free(again_text);
		conf_free(conf);
		conf_free(again);
	}
}

/* A field that is in no table would be lost: the tables must cover the structs whole. */
static void
no_field_is_left_out(void **state)
{
	struct conf *conf =
	    conf_of("environment = 'A=1'\n"
		    "program web { command = 'a b' requires = db exit_codes = { 1, 2 }\n"
		    "  ready = tcp:h:80 user = u limit_cpu = 5 stdout_log = /x }\n"
		    "program db { command = c }\n"
		    "job j { command = x args = '[1]' secrets = 'A=/b' keep = 5 }\n"
		    "control { act_group = ops }\n"
		    "queue q { rate = 20/10s weight = 3 }\n"
		    "smtp { url = 'smtp://m' from = 'a@b' breaker { failures = 4 } }\n"
		    "job m { mail { to = { 'x@y', 'z@y' } text = t } no_retry = { 2, 410 }\n"
		    "  tags = { a, b } breaker { pause = 5s } concurrency = 2 }\n"
		    "scheduler { listen = 'tcp://[::1]:7419' password = p }");
	char error[CONF_ERROR_MAX];
	struct conf *again;
	size_t len;
	char *text = conf_snapshot_write(conf, &len);

	(void)state;
	again = conf_snapshot_read(text, len, error, sizeof(error));
	assert_non_null(again);
	assert_conf_equal(conf, again);
	assert_string_equal(again->file, conf->file);
	assert_string_equal(again->log.stdout_log, conf->log.stdout_log);
	assert_int_equal(again->program_count, 5);
	assert_int_equal(again->programs[0].role, conf->programs[0].role);
	assert_string_equal(conf_find_program(again, "web")->ready_address, "h");
	assert_int_equal(conf_find_program(again, "web")->line, 2);
	assert_string_equal(conf_find_program(again, "web")->file, conf->file);
	assert_string_equal(conf_find_job(again, "j")->identity.secrets[0], "A=/b");
	assert_int_equal(conf_find_job(again, "j")->line, 5);
	assert_int_equal(conf_find_queue(again, "q")->rate, 20);
	assert_int_equal(conf_find_queue(again, "q")->rate_period_ms, 10000);
	assert_int_equal(conf_find_queue(again, "q")->weight, 3);
	assert_int_equal(conf_find_queue(again, "q")->line, 7);
	assert_string_equal(again->smtp.url, "smtp://m");
	assert_int_equal(again->smtp.breaker.failures, 4);
	assert_string_equal(conf_find_job(again, "m")->mail.to[1], "z@y");
	assert_int_equal(conf_find_job(again, "m")->no_retry[1], 410);
	assert_int_equal(conf_find_job(again, "m")->breaker.pause_ms, 5000);
	assert_int_equal(conf_find_job(again, "m")->concurrency, 2);
	assert_string_equal(again->scheduler.listen[0], "tcp://[::1]:7419");
	assert_string_equal(conf_find_program(again, "scheduler")->listen[0], "tcp://[::1]:7419");
	free(text);
	conf_free(conf);
	conf_free(again);
}

/* Whatever one byte becomes, or where the text is cut off: an error, or a snapshot of its own. */
static void
damaged_snapshots_are_refused_or_whole(void **state)
{
	char error[CONF_ERROR_MAX];
	struct conf *conf, *damaged;
	size_t len, again_len;
	char *text, *again;

	(void)state;
	conf = conf_of("program web { command = x } job j { command = y }");
	text = conf_snapshot_write(conf, &len);
	for (size_t cut = 0; cut < len; cut++)
		assert_null(conf_snapshot_read(text, cut, error, sizeof(error)));
	seed = 1;
	for (int round = 0; round < 5000; round++) {
		size_t at = any((uint32_t)len);
		char before = text[at];

		text[at] = (char)any(256);
		if ((damaged = conf_snapshot_read(text, len, error, sizeof(error))) != NULL) {
			again = conf_snapshot_write(damaged, &again_len);
			assert_int_equal(len, again_len);
			assert_memory_equal(text, again, len);
			free(again);
		}
		conf_free(damaged);
		text[at] = before;
	}
	free(text);
	conf_free(conf);
}

/* The snapshot with something put behind the first place where `before` stands is refused. */
static void
assert_refused_with(const char *before, const char *inserted, size_t inserted_len)
{
	struct conf *conf = conf_of("program web { command = x }");
	char error[CONF_ERROR_MAX];
	char *text, *longer;
	size_t len, at;

	text = conf_snapshot_write(conf, &len);
	longer = malloc(len + inserted_len);
	assert_non_null(longer);
	at = (size_t)((char *)memmem(text, len, before, strlen(before)) - text) + strlen(before);
	memcpy(longer, text, at);
	memcpy(longer + at, inserted, inserted_len);
	memcpy(longer + at + inserted_len, text + at, len - at);
	assert_null(conf_snapshot_read(longer, len + inserted_len, error, sizeof(error)));
	free(longer);
	free(text);
	conf_free(conf);
}

/* All found by fuzzing: the reader must take nothing that the writer does not write. */
static void
there_is_one_way_to_write_a_snapshot(void **state)
{
	(void)state;
	assert_refused_with("backoff_factor 0x1p+1", "", 1);
	assert_refused_with("command \"", "\\x41", 4);
	assert_refused_with("command \"", "\\xFF", 4);
	assert_refused_with("command \"", "\\x00", 4);
	assert_refused_with("priority ", "0", 1);
	assert_refused_with("priority ", "+", 1);
}

static void
another_version_is_refused(void **state)
{
	static const char old[] = "jobd-snapshot 0 0.0.1\nend\n";
	char error[CONF_ERROR_MAX];

	(void)state;
	assert_null(conf_snapshot_read(old, sizeof(old) - 1, error, sizeof(error)));
	assert_string_equal(error,
	    "configuration snapshot, line 1: 'jobd-snapshot 1 " PACKAGE_VERSION "' is missing");
	assert_null(conf_snapshot_read("", 0, error, sizeof(error)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_configuration_survives_byte_by_byte),
		cmocka_unit_test(no_field_is_left_out),
		cmocka_unit_test(damaged_snapshots_are_refused_or_whole),
		cmocka_unit_test(there_is_one_way_to_write_a_snapshot),
		cmocka_unit_test(another_version_is_refused),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
