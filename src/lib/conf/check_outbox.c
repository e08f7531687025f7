#include <string.h>

#include "conf/check.h"
#include "conf/value.h"

/* The rules of the sections `outbox`. */

/* Of a name in PostgreSQL. */
#define CHANNEL_MAX 63

#ifdef HAVE_LIBPQ
#define CAN_CONNECT true
#else
#define CAN_CONNECT false
#endif

const char *
value_check_channel(const char *text)
{
	return strlen(text) > CHANNEL_MAX ? "is longer than 63 bytes" : value_check_line(text);
}

/* Who says one of them has to say all. */
static void
check_statements(const struct conf_outbox *outbox, const struct block *block, struct errors *errors)
{
	const struct {
		const char *name, *text;
	} statements[] = {
		{"select",   outbox->select },
		{ "done",    outbox->done   },
		{ "refused", outbox->refused},
	};
	const char *given = NULL;

	for (size_t i = 0; i < 3; i++)
		if (statements[i].text[0] != '\0')
			given = statements[i].name;
	for (size_t i = 0; i < 3 && given != NULL; i++)
		if (statements[i].text[0] == '\0')
			errors_add(errors, block->file, block_line_of(block, given),
			    "option '%s' needs '%s'", given, statements[i].name);
}

static void
check_one(const struct conf_outbox *outbox, const struct block *block, struct errors *errors)
{
	if (block->is_partial || !outbox->enabled)
		return;
	if (!CAN_CONNECT)
		errors_add(errors, block->file, block->line,
		    "outbox '%s': this jobd was built without PostgreSQL (libpq)", outbox->name);
	if (outbox->database[0] == '\0' && outbox->database_file[0] == '\0')
		errors_add(errors, block->file, block->line,
		    "outbox '%s' has neither 'database' nor 'database_file'", outbox->name);
	check_both(
	    block, "database", outbox->database, "database_file", outbox->database_file, errors);
	check_statements(outbox, block, errors);
	if (outbox->channel[0] == '\0' && outbox->every_ms == 0)
		errors_add(errors, block->file, block_line_of(block, "every"),
		    "outbox '%s': with neither 'channel' nor 'every' rows are never looked for",
		    outbox->name);
}

void
check_outboxes(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	for (size_t i = 0; i < conf->outbox_count; i++) {
		const struct conf_outbox *outbox = &conf->outboxes[i];

		check_one(outbox,
		    blocks_find(
			blocks, conf_section_find("outbox"), outbox->name, strlen(outbox->name)),
		    errors);
	}
}
