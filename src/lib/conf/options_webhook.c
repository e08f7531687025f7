#include "conf/options_table.h"

/* In the order of enum conf_webhook_scheme and enum conf_webhook_encoding. */
static const char *const scheme_words[] = { "plain", "github", "stripe", "jobd", NULL };
static const char *const encoding_words[] = { "hex", "base64", NULL };

/* clang-format off */

const struct conf_option conf_webhook_options[] = {
	OPTION("path", STRING, WEBHOOK(path), "", LIVE, .check = value_check_hook_path,
	    .summary = "The path that takes the requests (POST).",
	    .example = "/webhooks/scicent_sale"),
	OPTION("health_path", STRING, WEBHOOK(health_path), "", LIVE, .check = value_check_hook_path,
	    .summary = "The path that says whether a request would be taken now; by default the path with /health behind it.",
	    .example = "/webhooks/health"),
	OPTION("enabled", BOOL, WEBHOOK(enabled), "true", LIVE,
	    .summary = "If false, its paths are not there."),
	OPTION("scheme", WORD, WEBHOOK(scheme), "plain", LIVE, .words = scheme_words,
	    .summary = "Who signs, and how: plain is HMAC-SHA256 of the body; the others have their own headers."),
	OPTION("secret", LIST, WEBHOOK(secrets), NULL, LIVE, .is_secret = true,
	    .summary = "What the requests are signed with; of several that are not empty, each is good.",
	    .example = "${SCICENT_WEBHOOK_SECRET}"),
	OPTION("secret_file", STRING, WEBHOOK(secret_file), "", LIVE, .is_path = true,
	    .summary = "File with the secrets, one a line; read again at a reload.",
	    .example = "/run/secrets/scicent"),
	OPTION("header", STRING, WEBHOOK(header), "", LIVE, .check = value_check_header_name,
	    .summary = "The header with the signature; by default that of the scheme.",
	    .example = "X-Scicent-Signature"),
	OPTION("prefix", STRING, WEBHOOK(prefix), "", LIVE, .check = value_check_line,
	    .summary = "With scheme plain: what stands in front of the signature.",
	    .example = "sha256="),
	OPTION("encoding", WORD, WEBHOOK(encoding), "hex", LIVE, .words = encoding_words,
	    .summary = "With scheme plain: how the signature is written."),
	OPTION("job", STRING, WEBHOOK(job), "", LIVE, .check = value_check_line,
	    .summary = "The type of the job that each request becomes.",
	    .example = "commission"),
	OPTION("queue", STRING, WEBHOOK(queue), "", LIVE, .check = value_check_name,
	    .summary = "The job's queue; by default that of its type.",
	    .example = "sales"),
	OPTION("args", STRING, WEBHOOK(args), "", LIVE, .check = value_check_hook_args,
	    .summary = "The job's arguments, a JSON array in which strings that are paths stand for values; by default the body is the only one.",
	    .example = "[\\\"$.user_id\\\", \\\"$.amount\\\"]"),
	OPTION("id", STRING, WEBHOOK(id), "", LIVE, .check = value_check_hook_value,
	    .summary = "Where the request's own id is: a path into the body or $header:NAME; the same id again makes no second job.",
	    .example = "$.transaction_id"),
	OPTION("remember", DURATION, WEBHOOK(remember_ms), "7d", LIVE, .min = 1000, .max = YEAR_MS,
	    .summary = "How long an id is known."),
	OPTION("time", STRING, WEBHOOK(time), "", LIVE, .check = value_check_hook_value,
	    .summary = "Where the request's time is: a path or $header:NAME; RFC 3339, or seconds or milliseconds since 1970.",
	    .example = "$.timestamp"),
	OPTION("replay_window", DURATION, WEBHOOK(replay_window_ms), "5min", LIVE, .min = 1000, .max = YEAR_MS,
	    .summary = "How far from now the time may be."),
	OPTION("rate", RATE, WEBHOOK(rate), "0", LIVE, .min = 1, .max = 1000000,
	    .count_offset = WEBHOOK(rate_period_ms),
	    .summary = "Requests that are taken from one address in a time, as 10/s or 100/min; 0 means without limit.",
	    .example = "10/s"),
	END
};

/* clang-format on */
