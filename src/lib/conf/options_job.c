#include "conf/options_table.h"
#include "cron/schedule.h"

static const char *const catch_up_words[] = { "skip", "once", "all", NULL };
static const char *const role_words[] = { "operate", "admin", NULL };
static const char *const overlap_words[] = { "skip", "queue", "parallel", "replace", NULL };
static const char *const on_crash_words[] = { "retry", "record", NULL };
static const char *const unique_until_words[] = { "success", "start", "time", NULL };
static const char *const on_conflict_words[] = { "reject", "replace", "keep", NULL };

/* clang-format off */

/* How a URL is asked. */
#define METHOD(NAME, FIELD, SUMMARY) \
	OPTION(NAME, STRING, JOB(http.FIELD), "", LIVE, .check = value_check_url, .summary = SUMMARY, \
	    .example = "http://127.0.0.1:8000/jobs/" NAME)

/* What a URL is asked with. */
#define HTTP_OPTIONS \
	METHOD("get", get, "The URL that is asked with GET.") \
	, METHOD("post", post, "The URL that is asked with POST.") \
	, METHOD("put", put, "The URL that is asked with PUT.") \
	, METHOD("patch", patch, "The URL that is asked with PATCH.") \
	, METHOD("delete", delete_url, "The URL that is asked with DELETE.") \
	, OPTION("headers", LIST, JOB(http.headers), NULL, LIVE, .check = value_check_header, \
	    .summary = "Header lines of the request.", \
	    .example = "Content-Type: application/x-www-form-urlencoded") \
	, OPTION("body", STRING, JOB(http.body), "", LIVE, \
	    .summary = "Body of the request; by default the job as JSON.", \
	    .example = "user={{user}}") \
	, OPTION("secret", STRING, JOB(http.secret), "", LIVE, .is_secret = true, \
	    .summary = "Signs the body of the request with HMAC-SHA256.", \
	    .example = "${WEBHOOK_SECRET}") \
	, OPTION("secret_file", STRING, JOB(http.secret_file), "", LIVE, .is_path = true, \
	    .summary = "File with the secret, read at each job.", \
	    .example = "/run/secrets/webhook") \
	, OPTION("signature_header", STRING, JOB(http.signature_header), "X-Jobd-Signature", LIVE, \
	    .check = value_check_header_name, \
	    .summary = "Header with the signature.") \
	, OPTION("ca_file", STRING, JOB(http.ca_file), "", LIVE, .is_path = true, \
	    .summary = "File with the certificates that are trusted; by default the system's.", \
	    .example = "/etc/ssl/internal-ca.pem") \
	, OPTION("proxy", STRING, JOB(http.proxy), "", LIVE, .check = value_check_line, \
	    .summary = "Proxy for the request.", \
	    .example = "http://proxy.internal:3128") \
	, OPTION("tls_verify", BOOL, JOB(http.tls_verify), "true", LIVE, \
	    .summary = "The server's certificate must be good.") \
	, OPTION("connect_timeout", DURATION, JOB(http.connect_timeout_ms), "10s", LIVE, .min = 1, .max = YEAR_MS, \
	    .summary = "The longest time until the connection stands.")

#define MAIL_OPTIONS \
	OPTION("mail.to", LIST, JOB(mail.to), NULL, LIVE, .check = value_check_address, \
	    .summary = "Who gets it.", \
	    .example = "{{to}}") \
	, OPTION("mail.cc", LIST, JOB(mail.cc), NULL, LIVE, .check = value_check_address, \
	    .summary = "Who gets a copy.", \
	    .example = "team@example.org") \
	, OPTION("mail.bcc", LIST, JOB(mail.bcc), NULL, LIVE, .check = value_check_address, \
	    .summary = "Who gets a copy that the others do not see.", \
	    .example = "archive@example.org") \
	, OPTION("mail.from", STRING, JOB(mail.from), "", LIVE, .check = value_check_address, \
	    .summary = "The sender; by default that of the section smtp.", \
	    .example = "Example <hello@example.org>") \
	, OPTION("mail.reply_to", STRING, JOB(mail.reply_to), "", LIVE, .check = value_check_address, \
	    .summary = "Where answers go.", \
	    .example = "support@example.org") \
	, OPTION("mail.subject", STRING, JOB(mail.subject), "", LIVE, .check = value_check_line, \
	    .summary = "The subject.", \
	    .example = "Welcome, {{name}}") \
	, OPTION("mail.text", STRING, JOB(mail.text), "", LIVE, \
	    .summary = "The plain text.", \
	    .example = "Hello {{name}}!") \
	, OPTION("mail.text_template", STRING, JOB(mail.text_template), "", LIVE, .is_path = true, \
	    .summary = "File with the plain text.", \
	    .example = "welcome.txt") \
	, OPTION("mail.template", STRING, JOB(mail.template_html), "", LIVE, .is_path = true, \
	    .summary = "File with the HTML.", \
	    .example = "welcome.html") \
	, OPTION("mail.attachments", LIST, JOB(mail.attachments), NULL, LIVE, .is_path = true, \
	    .check = value_check_line, \
	    .summary = "Files that are attached.", \
	    .example = "terms.pdf")

const struct conf_option conf_job_options[] = {
	OPTION("schedule", STRING, JOB(schedule), "", LIVE,
	    .summary = "When it runs; without one only when it is asked to.",
	    .example = "every weekday at 9am"),
	OPTION("timezone", STRING, JOB(timezone), "", LIVE,
	    .summary = "Time zone of the schedule; by default the scheduler's.",
	    .example = "Europe/Berlin"),
	OPTION("command", STRING, JOB(command), "", LIVE,
	    .summary = "What is run: a program and its arguments, without a shell.",
	    .example = "python3 -m app.report"),
	OPTION("shell", BOOL, JOB(shell), "false", LIVE,
	    .summary = "The command is run by /bin/sh -c."),
	OPTION("args", STRING, JOB(args), "[]", LIVE, .check = value_check_args,
	    .summary = "Arguments of runs by schedule, a JSON array."),
	OPTION("description", STRING, JOB(description), "", LIVE,
	    .summary = "A sentence for people.",
	    .example = "Sends the daily report"),
	OPTION("queue", STRING, JOB(queue), "default", LIVE, .check = value_check_name,
	    .summary = "The queue that its runs go to."),
	OPTION("enabled", BOOL, JOB(enabled), "true", LIVE,
	    .summary = "If false, it never runs."),
	OPTION("manual_only", BOOL, JOB(manual_only), "false", LIVE,
	    .summary = "The schedule is kept but does nothing; it runs only when it is asked to."),
	OPTION("role", WORD, JOB(role), "operate", LIVE, .words = role_words,
	    .summary = "The role that pushes and changes its jobs over HTTP."),
	OPTION("priority", INT, JOB(priority), "5", LIVE, .min = 1, .max = 9,
	    .summary = "From 1 to 9; higher ones are taken from the queue first."),
	OPTION("catch_up", WORD, JOB(catch_up), "once", LIVE, .words = catch_up_words,
	    .summary = "What becomes of runs that were due while the scheduler was down."),
	OPTION("catch_up_max_age", DURATION, JOB(catch_up_max_age_ms), "1d", LIVE, .max = YEAR_MS,
	    .summary = "Runs that were due longer ago are skipped."),
	OPTION("overlap", WORD, JOB(overlap), "skip", LIVE, .words = overlap_words,
	    .summary = "What becomes of a due run while the one before is still running."),
	OPTION("dst_gap", WORD, JOB(dst_gap), "after", LIVE, .words = dst_gap_words,
	    .summary = "What becomes of a fixed hour that a clock change skips."),
	OPTION("dst_overlap", WORD, JOB(dst_overlap), "first", LIVE, .words = dst_overlap_words,
	    .summary = "In which pass a fixed hour runs that a clock change repeats."),
	OPTION("jitter", DURATION, JOB(jitter_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "Each run starts up to so much later, at random."),
	OPTION("only_if", STRING, JOB(only_if), "", LIVE,
	    .summary = "Command or URL that is asked before it begins, and says whether there is something to do.",
	    .example = "test -s outbox.list"),
	OPTION("only_if_timeout", DURATION, JOB(only_if_timeout_ms), "1min", LIVE, .min = 1, .max = YEAR_MS,
	    .summary = "The longest time for the answer."),
	OPTION("timeout", DURATION, JOB(timeout_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "The longest run; 0 means without limit."),
	OPTION("stop_timeout", DURATION, JOB(stop_timeout_ms), "10s", LIVE, .max = YEAR_MS,
	    .summary = "Time from SIGTERM to SIGKILL."),
	OPTION("retries", INT, JOB(retries), NULL, LIVE, .max = 1000,
	    .summary = "How often a failed run is tried again; unset, 25 times, and a command never.",
	    .example = "5"),
	OPTION("retry_delay", DURATION, JOB(retry_delay_ms), NULL, LIVE, .max = YEAR_MS,
	    .summary = "Wait before a retry; by default it grows with each attempt, as Faktory's.",
	    .example = "30s"),
	OPTION("retry_factor", FLOAT, JOB(retry_factor), "1", LIVE, .min = 1, .max = 100,
	    .summary = "With retry_delay: each wait is so many times the one before."),
	OPTION("retry_delay_max", DURATION, JOB(retry_delay_max_ms), "1d", LIVE, .max = YEAR_MS,
	    .summary = "With retry_delay: the longest wait."),
	OPTION("retry_jitter", INT, JOB(retry_jitter_percent), "0", LIVE, .max = 100,
	    .summary = "Percent by which a wait is made longer or shorter at random."),
	OPTION("retry_delays", LIST, JOB(retry_delays), NULL, LIVE, .check = value_check_duration,
	    .summary = "The waits one by one; the last one repeats.",
	    .example = "1min"),
	OPTION("no_retry", INT_LIST, JOB(no_retry), NULL, LIVE, .min = 1, .max = 599,
	    .count_offset = JOB(no_retry_count),
	    .summary = "Exit codes, or HTTP status codes, after which it is not tried again.",
	    .example = "2, 410"),
	OPTION("exit_codes", INT_LIST, JOB(exit_codes), "0", LIVE, .max = 255,
	    .count_offset = JOB(exit_code_count),
	    .summary = "Exit codes that are a good end."),
	OPTION("on_crash", WORD, JOB(on_crash), "record", LIVE, .words = on_crash_words,
	    .summary = "What becomes of a run whose runner died: record it as failed, or retry it."),
	OPTION("crashes", INT, JOB(crashes), "3", LIVE, .min = 1, .max = 1000000,
	    .summary = "Deaths of its worker after which it is set aside as dead."),
	OPTION("unique_for", DURATION, JOB(unique_for_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "So long it keeps others like it away; 0 means never.",
	    .example = "1h"),
	OPTION("unique_until", WORD, JOB(unique_until), "success", LIVE, .words = unique_until_words,
	    .summary = "What ends that earlier: success, its start, or only the time."),
	OPTION("unique_key", STRING, JOB(unique_key), "", LIVE,
	    .summary = "What makes two of them alike; by default their queue and arguments.",
	    .example = "user-{{user}}"),
	OPTION("on_conflict", WORD, JOB(on_conflict), "reject", LIVE, .words = on_conflict_words,
	    .summary = "What becomes of another like it: it is rejected, replaces the one that waits, or is dropped without an error."),
	OPTION("concurrency", INT, JOB(concurrency), "0", LIVE, .max = 1000000,
	    .summary = "How many of it run at the same time on all workers; 0 means without limit.",
	    .example = "1"),
	OPTION("concurrency_key", STRING, JOB(concurrency_key), "", LIVE,
	    .summary = "The limit counts for each of these apart.",
	    .example = "{{account}}"),
	OPTION("expires", DURATION, JOB(expires_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "If it has not begun so long after its time, it is cancelled; 0 means never."),
	OPTION("tags", LIST, JOB(tags), NULL, LIVE, .check = value_check_line,
	    .summary = "Words to find it by.",
	    .example = "billing"),
	OPTION("memory", SIZE, JOB(memory_bytes), "0", LIVE, .max = SIZE_MAX_T,
	    .summary = "Most memory of all its processes together; 0 means without limit."),
	OPTION("cpu", DURATION, JOB(cpu_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "Most CPU time of all its processes together; 0 means without limit."),
	OPTION("output_max", SIZE, JOB(output_max_bytes), "64K", LIVE, .max = 64LL << 20,
	    .summary = "Kept of the output of each attempt: half of it from the beginning, half from the end."),
	OPTION("keep", INT, JOB(keep), "1000", LIVE, .max = 1000000000,
	    .summary = "Finished runs that are kept."),
	OPTION("keep_age", DURATION, JOB(keep_age_ms), "30d", LIVE, .max = 100 * YEAR_MS,
	    .summary = "How long they are kept."),
	OPTION("dead_keep", INT, JOB(dead_keep), "10000", LIVE, .max = 1000000000,
	    .summary = "Dead ones that are kept."),
	OPTION("dead_keep_age", DURATION, JOB(dead_keep_age_ms), "180d", LIVE, .max = 100 * YEAR_MS,
	    .summary = "How long dead ones are kept."),
	IDENTITY_OPTIONS(JOB, LIVE, LIVE),
	HTTP_OPTIONS,
	BREAKER_OPTIONS(JOB),
	MAIL_OPTIONS,
	END
};

/* clang-format on */
