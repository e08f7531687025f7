#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-logger/channel.h"

static char text[CHANNEL_MESSAGE_MAX];
static const char *where, *errstr;

static int
parse(const char *message, struct channel_message *result)
{
	snprintf(text, sizeof(text), "%s", message);
	return channel_parse(text, result, &where, &errstr);
}

static void
a_stream_is_read_with_all_its_settings(void **state)
{
	struct channel_message message;

	(void)state;
	assert_int_equal(
	    parse("STREAM id=7 name=fast%20api:2 stream=stderr path=/var/log/a%25b.log "
		  "maxbytes=1000 backups=3 gzip=1 format=json timestamps=1 prefix=1 to_stdout=1 "
		  "to_syslog=1 mode=0600",
		&message),
	    0);
	assert_int_equal(message.kind, CHANNEL_STREAM);
	assert_int_equal(message.id, 7);
	assert_string_equal(message.settings.format.program, "fast api:2");
	assert_string_equal(message.settings.format.stream, "stderr");
	assert_string_equal(message.settings.path, "/var/log/a%b.log");
	assert_int_equal(message.settings.max_bytes, 1000);
	assert_int_equal(message.settings.backups, 3);
	assert_int_equal(message.settings.format.kind, LINE_FORMAT_JSON);
	assert_int_equal(message.settings.mode, 0600);
	assert_true(message.settings.gzip && message.settings.format.timestamps &&
		    message.settings.format.prefix && message.settings.to_stdout &&
		    message.settings.to_syslog);
}

static void
what_is_not_said_has_its_default(void **state)
{
	struct channel_message message;

	(void)state;
	assert_int_equal(parse("STREAM id=1 name=a stream=stdout path=none", &message), 0);
	assert_null(message.settings.path);
	assert_int_equal(message.settings.max_bytes, 50 << 20);
	assert_int_equal(message.settings.backups, 10);
	assert_int_equal(message.settings.format.kind, LINE_FORMAT_RAW);
	assert_int_equal(parse("LIMITS memory=1048576 act_gid=12", &message), 0);
	assert_int_equal(message.limits.memory_bytes, 1 << 20);
	assert_int_equal(message.limits.disk_bytes, 0);
	assert_int_equal(message.limits.act_gid, 12);
	assert_int_equal(message.limits.look_gid, -1);
	assert_int_equal(parse("END id=3", &message), 0);
	assert_int_equal(message.kind, CHANNEL_END);
	assert_int_equal(message.id, 3);
	assert_int_equal(parse("FLUSH id=4", &message), 0);
	assert_int_equal(message.kind, CHANNEL_FLUSH);
	assert_int_equal(parse("REOPEN", &message), 0);
	assert_int_equal(message.kind, CHANNEL_REOPEN);
}

static void
bad_messages_are_refused_and_say_where(void **state)
{
	static const struct {
		const char *message, *where;
	} bad[] = {
		{"",						       "message" },
		{ "NOPE id=1",					     "NOPE"    },
		{ "END",						   "id"      },
		{ "END id=0",					      "id"      },
		{ "END id=x",					      "id"      },
		{ "STREAM id=1 name=a stream=stdout",                      "path"    },
		{ "STREAM id=1 name=a stream=stdout path=relative",        "path"    },
		{ "STREAM id=1 name=a stream=stdout path=/a%2",            "path"    },
		{ "STREAM id=1 name=a stream=stdout path=/a%00",           "path"    },
		{ "STREAM id=1 name=a stream=standard path=/a",            "stream"  },
		{ "STREAM id=1 name=a stream=stdout path=/a format=xml",   "format"  },
		{ "STREAM id=1 name=a stream=stdout path=/a maxbytes=1e9", "maxbytes"},
		{ "STREAM id=1 name=a stream=stdout path=/a mode=999",     "mode"    },
		{ "LIMITS memory=-2",				      "memory"  },
	};
	struct channel_message message;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i].message, &message) == 0)
			fail_msg("'%s' was taken", bad[i].message);
		assert_string_equal(where, bad[i].where);
		assert_non_null(errstr);
	}
}

static void
messages_to_jobd_are_written(void **state)
{
	char buf[128];
	size_t len;

	(void)state;
	len = channel_format_dropped(buf, sizeof(buf), 7, 12, 3400);
	assert_string_equal(buf, "DROPPED id=7 lines=12 bytes=3400");
	assert_int_equal(len, strlen(buf));
	len = channel_format_ended(buf, sizeof(buf), 7);
	assert_string_equal(buf, "ENDED id=7");
	assert_int_equal(len, strlen(buf));
	assert_int_equal(channel_format_ended(buf, 5, 7), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_read_with_all_its_settings),
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(bad_messages_are_refused_and_say_where),
		cmocka_unit_test(messages_to_jobd_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
