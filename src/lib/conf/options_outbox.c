#include "conf/options_table.h"

/* clang-format off */

const struct conf_option conf_outbox_options[] = {
	OPTION("database", STRING, OUTBOX(database), "", LIVE, .is_secret = true,
	    .summary = "Where the database is: a postgresql:// URL or KEY=VALUE words, as psql(1) takes them.",
	    .example = "postgresql://jobd:${DB_PASSWORD}@db.example.org/app"),
	OPTION("database_file", STRING, OUTBOX(database_file), "", LIVE, .is_path = true,
	    .summary = "File with the same, read at each new connection.",
	    .example = "/run/secrets/outbox"),
	OPTION("enabled", BOOL, OUTBOX(enabled), "true", LIVE,
	    .summary = "If false, its rows are left alone."),
	OPTION("select", STRING, OUTBOX(select), "", LIVE,
	    .summary = "Finds rows that are to become jobs, at most $1; by default those of the table jobd.outbox.",
	    .example = "SELECT id, type, args FROM mails WHERE state = 'new' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"),
	OPTION("done", STRING, OUTBOX(done), "", LIVE,
	    .summary = "Marks the row with the id $1, whose job is in the queue, so that it is not found again.",
	    .example = "UPDATE mails SET state = 'queued' WHERE id = $1"),
	OPTION("refused", STRING, OUTBOX(refused), "", LIVE,
	    .summary = "Marks the row with the id $1, which can be no job because of $2.",
	    .example = "UPDATE mails SET state = 'wrong', error = $2 WHERE id = $1"),
	OPTION("job", STRING, OUTBOX(job), "", LIVE, .check = value_check_line,
	    .summary = "The type of rows that name none.",
	    .example = "send_mail"),
	OPTION("channel", STRING, OUTBOX(channel), "jobd_outbox", LIVE, .check = value_check_channel,
	    .summary = "The channel whose NOTIFY says that there are rows; empty: nobody says it."),
	OPTION("every", DURATION, OUTBOX(every_ms), "5min", LIVE, .max = YEAR_MS,
	    .summary = "How often rows are looked for without having been told; 0 means never."),
	OPTION("batch", INT, OUTBOX(batch), "500", LIVE, .min = 1, .max = 10000,
	    .summary = "The most rows of one transaction."),
	OPTION("remember", DURATION, OUTBOX(remember_ms), "1d", LIVE, .max = YEAR_MS,
	    .summary = "How long a row is known at the least that was pushed and could not be marked; 0 means as long as its job is kept."),
	OPTION("timeout", DURATION, OUTBOX(timeout_ms), "30s", LIVE, .min = 100, .max = YEAR_MS,
	    .summary = "The longest time for the database to answer, and for a connection to be made."),
	END
};

const struct conf_option conf_outboxes_options[] = {
	END
};

const struct conf_option conf_outbox_hidden_options[] = {
	OPTION("name", STRING, OUTBOX(name), "", LIVE),
	OPTION("file", STRING, OUTBOX(file), "", LIVE),
	OPTION("line", INT, OUTBOX(line), "0", LIVE),
	END
};

/* clang-format on */
