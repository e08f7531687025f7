#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"

#include "call_mail.h"
#include "proto/verbs.h"

#define PASSWORD_MAX ((size_t)4096)
/* A server may end an idle connection just when we choose it: after so long a new one is made. */
#define IDLE_MAX_S 20L

static void settle(struct call *, CURLcode, struct result *, char *text);
static void mail_call_free(struct call *);

static const struct call_kind mail_kind = { .settle = settle, .free = mail_call_free };

/* What the server says. */

static void
keep_reply(struct mail_call *mail, const char *line, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len && used + 1 < sizeof(mail->reply); i++)
		if (line[i] != '\r' && line[i] != '\n')
			mail->reply[used++] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	mail->reply[used] = '\0';
	mail->reply_code = strtol(mail->reply, NULL, 10);
}

static void
heard(struct mail_call *mail, const char *line, size_t len)
{
	/* "250-more" is not the end of a reply, and a farewell says nothing of the mail. */
	if (len < 4 || line[3] == '-' || mail->quitting)
		return;
	keep_reply(mail, line, len);
	if (mail->step != STEP_RCPT || mail->reply_code < 400)
		return;
	json_array_append_new(
	    mail->rejected, json_pack("{s:s, s:s}", "to", mail->recipient, "reply", mail->reply));
}

/* False: it may hold a password. */
static bool
said(struct mail_call *mail, const char *line, size_t len)
{
	static const struct {
		const char *verb;
		enum mail_step step;
	} verbs[] = {
		{"MAIL FROM:", STEP_MAIL   },
                { "RCPT TO:<", STEP_RCPT   },
                { "DATA",      STEP_DATA   },
		{ "EHLO ",     STEP_CONNECT},
                { "HELO ",     STEP_CONNECT},
                { "STARTTLS",  STEP_CONNECT}
	};
	size_t verb_len;

	mail->quitting = len >= 4 && strncmp(line, "QUIT", 4) == 0;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		verb_len = strlen(verbs[i].verb);
		if (len < verb_len || strncmp(line, verbs[i].verb, verb_len) != 0)
			continue;
		mail->step = verbs[i].step;
		if (mail->step == STEP_RCPT)
			snprintf(mail->recipient, sizeof(mail->recipient), "%.*s",
			    (int)strcspn(line + verb_len, ">\r\n"), line + verb_len);
		return true;
	}
	return false;
}

/* The dialogue is the output of the attempt. */
static int
on_debug(CURL *easy, curl_infotype type, char *data, size_t len, void *arg)
{
	struct mail_call *mail = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_IN)
		heard(mail, data, len);
	else if (type != CURLINFO_HEADER_OUT || !said(mail, data, len))
		return 0;
	capture_add(&mail->call.capture, type == CURLINFO_HEADER_IN ? "< " : "> ", 2);
	capture_add(&mail->call.capture, data, len);
	return 0;
}

static size_t
on_nothing(char *data, size_t size, size_t count, void *arg)
{
	(void)data;
	(void)arg;
	return size * count;
}

/* The end. */

static void
settle_sent(struct mail_call *mail, struct result *result, char *text)
{
	json_t *value =
	    json_pack("{s:s, s:O}", "message_id", mail->message_id, "rejected", mail->rejected);

	result->expected = true;
	mail->call.value = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
	json_decref(value);
	snprintf(text, CALL_TEXT_MAX, "%s", mail->reply);
}

/* The server refused: all recipients for now, or this mail for ever. */
static void
settle_refused(struct mail_call *mail, struct result *result, char *text)
{
	bool for_now = mail->reply_code < 500;

	if (mail->step == STEP_RCPT)
		for (size_t i = 0; i < json_array_size(mail->rejected); i++)
			if (json_string_value(json_object_get(
				json_array_get(mail->rejected, i), "reply"))[0] == '4')
				for_now = true;
	result->no_retry = !for_now || codes_have(&mail->call.no_retry, mail->reply_code);
	snprintf(text, CALL_TEXT_MAX, "the mail server said: %.*s", REPLY_MAX, mail->reply);
}

static void
settle(struct call *call, CURLcode code, struct result *result, char *text)
{
	struct mail_call *mail = (struct mail_call *)call;

	/* Before the mail itself it is not the mail that is wrong. */
	if (code != CURLE_OK && (mail->step == STEP_CONNECT || mail->reply_code < 400)) {
		call_settle_failure(call, code, result, text);
		return;
	}
	result->reason = RESULT_MAIL;
	result->code = mail->reply_code;
	/* 421: the server closes the connection, whatever was asked (RFC 5321, 3.8). */
	call->outcome = mail->reply_code == 421 ? BREAKER_FAILED : BREAKER_ANSWERED;
	if (code == CURLE_OK)
		settle_sent(mail, result, text);
	else
		settle_refused(mail, result, text);
}

static void
mail_call_free(struct call *call)
{
	struct mail_call *mail = (struct mail_call *)call;

	calls_give_easy(call->calls, call->easy);
	curl_slist_free_all(mail->recipients);
	curl_mime_free(mail->mime);
	json_decref(mail->rejected);
	free(mail->message_id);
	free(mail->from);
	free(mail);
}

/* The beginning. */

static int
log_in(CURL *easy, const struct conf_smtp *smtp, struct call_refusal *refusal)
{
	char why[400], *password;
	size_t len;

	if (smtp->user[0] == '\0')
		return 0;
	curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->user);
	if (smtp->password_file[0] == '\0') {
		curl_easy_setopt(easy, CURLOPT_PASSWORD, smtp->password);
		return 0;
	}
	password = file_read(smtp->password_file, PASSWORD_MAX, &len, why, sizeof(why));
	if (password == NULL)
		return call_refuse(refusal, RESULT_TEMPLATE, false, "smtp.password_file: %s", why);
	password[strcspn(password, "\r\n")] = '\0';
	curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
	explicit_bzero(password, len);
	free(password);
	return 0;
}

static long
tls_of(const struct conf_smtp *smtp)
{
	return smtp->tls == CONF_SMTP_TLS_NONE      ? CURLUSESSL_NONE
	       : smtp->tls == CONF_SMTP_TLS_REQUIRE ? CURLUSESSL_ALL
						    : CURLUSESSL_TRY;
}

static void
set_options(struct mail_call *mail, const struct conf_smtp *smtp)
{
	CURL *easy = mail->call.easy;

	curl_easy_setopt(easy, CURLOPT_URL, smtp->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)mail->call.limit_ms);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, tls_of(smtp));
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, smtp->tls_verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, smtp->tls_verify ? 2L : 0L);
	if (smtp->ca_file[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, smtp->ca_file);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, mail->recipients);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, mail->call.headers);
	curl_easy_setopt(easy, CURLOPT_MIMEPOST, mail->mime);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_nothing);
	/* The only way to hear which recipient was refused. */
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, mail);
}

static int
prepare(struct mail_call *mail, const struct job *job, const struct conf_smtp *smtp,
    const struct conf_mail *conf, struct call_refusal *refusal)
{
	if (smtp->url[0] == '\0')
		return call_refuse(refusal, RESULT_MAIL, true,
		    "no mail server is configured: the section smtp has no url");
	if (conf->from[0] == '\0' && smtp->from[0] == '\0')
		return call_refuse(refusal, RESULT_MAIL, true,
		    "the mail has no sender: neither mail.from nor smtp.from is set");
	if (mail_write(mail, job, conf, smtp->from, refusal) == -1 ||
	    log_in(mail->call.easy, smtp, refusal) == -1 ||
	    call_admit(&mail->call, smtp->url, refusal) == -1)
		return -1;
	set_options(mail, smtp);
	return call_begin(&mail->call, refusal);
}

int
call_mail_start(struct calls *calls, const struct job *job, const struct conf *conf,
    const struct conf_job *type, struct call_refusal *refusal)
{
	struct mail_call *mail = calloc(1, sizeof(*mail));
	const struct conf_smtp *smtp = &conf->smtp;
	int ready;

	if (mail == NULL)
		return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
	mail->call.kind = &mail_kind;
	/* libcurl blocks between the end of a mail and the server's answer to it. */
	mail->call.threaded = true;
	mail->call.rule = (struct breaker_rule){ .failures = smtp->breaker.failures,
		.pause_ms = smtp->breaker.pause_ms };
	mail->rejected = json_array();
	mail->call.easy = calls_take_easy(calls);
	ready = call_init(&mail->call, calls, job, type);
	if (mail->call.limit_ms == 0 || mail->call.limit_ms > smtp->timeout_ms)
		mail->call.limit_ms = smtp->timeout_ms;
	if (ready == -1 || mail->call.easy == NULL || mail->rejected == NULL) {
		call_free(&mail->call);
		return call_refuse(refusal, RESULT_NETWORK, false, "libcurl can't be used");
	}
	if (prepare(mail, job, smtp, &type->mail, refusal) == -1) {
		call_free(&mail->call);
		return -1;
	}
	return 0;
}
