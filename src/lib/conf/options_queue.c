#include "conf/options_table.h"

static const char *const tls_words[] = { "try", "require", "none", NULL };

#define SMTP(field) offsetof(struct conf, smtp.field)

/* clang-format off */

const struct conf_option conf_scheduler_options[] = {
	OPTION("timezone", STRING, TOP(scheduler.timezone), "", LIVE,
	    .summary = "Time zone of schedules that name none; by default the system's.",
	    .example = "America/Bogota"),
	OPTION("database_timeout", DURATION, TOP(scheduler.database_timeout_ms), "5s", LIVE, .max = YEAR_MS,
	    .summary = "How long a locked database is waited for."),
	OPTION("listen", LIST, TOP(scheduler.listen), NULL, LIVE, .check = value_check_queue_listen,
	    .summary = "Addresses of the queue beside queue.sock: tcp://HOST:PORT or tcp+tls://HOST:PORT.",
	    .example = "tcp://127.0.0.1:7419"),
	OPTION("password", STRING, TOP(scheduler.password), "", LIVE, .is_secret = true,
	    .summary = "What clients of these addresses must know.",
	    .example = "${FAKTORY_PASSWORD}"),
	OPTION("password_file", STRING, TOP(scheduler.password_file), "", LIVE, .is_path = true,
	    .summary = "File with the password.",
	    .example = "/run/secrets/queue_password"),
	OPTION("tls_certificate", STRING, TOP(scheduler.tls_certificate), "", LIVE, .is_path = true,
	    .summary = "File with the certificate for tcp+tls, and those between it and a known one.",
	    .example = "/etc/ssl/jobd.pem"),
	OPTION("tls_key", STRING, TOP(scheduler.tls_key), "", LIVE, .is_path = true,
	    .summary = "File with the key of the certificate.",
	    .example = "/etc/ssl/private/jobd.key"),
	OPTION("clients_max", INT, TOP(scheduler.clients_max), "2000", LIVE, .min = 1, .max = 1000000,
	    .summary = "Most connections to the queue at the same time."),
	OPTION("keep", INT, TOP(scheduler.keep), "1000", LIVE, .max = 1000000000,
	    .summary = "Finished jobs that are kept of each type without a section."),
	OPTION("keep_age", DURATION, TOP(scheduler.keep_age_ms), "7d", LIVE, .max = 100 * YEAR_MS,
	    .summary = "How long they are kept."),
	OPTION("dead_keep", INT, TOP(scheduler.dead_keep), "10000", LIVE, .max = 1000000000,
	    .summary = "Dead jobs that are kept of each type without a section."),
	OPTION("dead_keep_age", DURATION, TOP(scheduler.dead_keep_age_ms), "180d", LIVE, .max = 100 * YEAR_MS,
	    .summary = "How long dead jobs are kept."),
	OPTION("audit_keep", INT, TOP(scheduler.audit_keep), "10000", LIVE, .min = 1, .max = 1000000,
	    .summary = "Records that are kept of who changed what."),
	OPTION("audit_keep_age", DURATION, TOP(scheduler.audit_keep_age_ms), "365d", LIVE, .min = 1, .max = 100 * YEAR_MS,
	    .summary = "How long they are kept."),
	OPTION("crashes", INT, TOP(scheduler.crashes), "3", LIVE, .min = 1, .max = 1000000,
	    .summary = "Deaths of its worker after which a job of a type without a section is set aside as dead."),
	END
};

const struct conf_option conf_runner_options[] = {
	OPTION("concurrency", INT, TOP(runner.concurrency), "10", LIVE, .min = 1, .max = 1000,
	    .summary = "Jobs that run at the same time."),
	END
};

const struct conf_option conf_queue_options[] = {
	OPTION("weight", INT, QUEUE(weight), NULL, LIVE, .min = 1, .max = 1000,
	    .summary = "Its share where a worker asks for several queues: they take turns by weight, instead of one after the other.",
	    .example = "3"),
	OPTION("concurrency", INT, QUEUE(concurrency), "0", LIVE, .max = 1000000,
	    .summary = "Its jobs that run at the same time on all workers; 0 means without limit.",
	    .example = "5"),
	OPTION("rate", RATE, QUEUE(rate), "0", LIVE, .min = 1, .max = 1000000000,
	    .count_offset = QUEUE(rate_period_ms),
	    .summary = "Jobs that are handed out in a time, as 50/s or 20/10s; 0 means without limit.",
	    .example = "50/s"),
	END
};

const struct conf_option conf_smtp_options[] = {
	OPTION("url", STRING, SMTP(url), "", LIVE, .check = value_check_smtp_url,
	    .summary = "The server that mail goes to: smtp://HOST:PORT or smtps://HOST:PORT.",
	    .example = "smtp://mail.example.org:587"),
	OPTION("user", STRING, SMTP(user), "", LIVE,
	    .summary = "Who logs in; by default nobody.",
	    .example = "app"),
	OPTION("password", STRING, SMTP(password), "", LIVE, .is_secret = true,
	    .summary = "The user's password.",
	    .example = "${SMTP_PASSWORD}"),
	OPTION("password_file", STRING, SMTP(password_file), "", LIVE, .is_path = true,
	    .summary = "File with the password.",
	    .example = "/run/secrets/smtp_password"),
	OPTION("from", STRING, SMTP(from), "", LIVE, .check = value_check_address,
	    .summary = "The sender of mails that name none.",
	    .example = "Example <hello@example.org>"),
	OPTION("tls", WORD, SMTP(tls), "try", LIVE, .words = tls_words,
	    .summary = "With smtp://: whether the connection is made secret with STARTTLS."),
	OPTION("ca_file", STRING, SMTP(ca_file), "", LIVE, .is_path = true,
	    .summary = "File with the certificates that are trusted; by default the system's.",
	    .example = "/etc/ssl/internal-ca.pem"),
	OPTION("tls_verify", BOOL, SMTP(tls_verify), "true", LIVE,
	    .summary = "The server's certificate must be good."),
	OPTION("timeout", DURATION, SMTP(timeout_ms), "30s", LIVE, .min = 1, .max = YEAR_MS,
	    .summary = "The longest time for one mail."),
	BREAKER_OPTIONS(SMTP),
	END
};
/* clang-format on */
