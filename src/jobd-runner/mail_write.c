#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/file.h"

#include "call_mail.h"

#define TEMPLATE_FILE_MAX ((size_t)4 * 1024 * 1024)
#define RECIPIENTS_MAX    1000

/* What writes the mail needs in every step. */
struct writing {
	struct mail_call *mail;
	const struct job *job;
	const struct conf_mail *conf;
	struct call_refusal *refusal;
};

static int
no_memory(struct call_refusal *refusal)
{
	return call_refuse(refusal, RESULT_NETWORK, false, "out of memory");
}

/* Addresses. */

static int
add_recipient(struct writing *writing, const char *name, const char *text, char **list)
{
	struct mail_call *mail = writing->mail;
	char address[MAIL_ADDRESS_MAX + 1], *header, *longer = NULL;
	struct curl_slist *recipients;

	if (!mail_address_parse(text, address))
		return call_refuse(writing->refusal, RESULT_TEMPLATE, true,
		    "%s: '%.200s' is not one address", name, text);
	if (++mail->recipient_count > RECIPIENTS_MAX)
		return call_refuse(writing->refusal, RESULT_TEMPLATE, true,
		    "%s: more than %d recipients", name, RECIPIENTS_MAX);
	if ((recipients = curl_slist_append(mail->recipients, address)) == NULL)
		return no_memory(writing->refusal);
	mail->recipients = recipients;
	if (list == NULL)
		return 0;
	header = mail_address_header(text);
	if (header == NULL || asprintf(&longer, "%s%s%s", *list == NULL ? "" : *list,
				  *list == NULL ? "" : ",\r\n ", header) == -1)
		longer = NULL;
	free(header);
	free(*list);
	*list = longer;
	return longer == NULL ? no_memory(writing->refusal) : 0;
}

/* The value is a list of addresses: `to = "{{recipients}}"`. */
static int
add_values(struct writing *writing, const char *name, const json_t *values, char **list)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);
		const char *text = json_string_value(value);

		if (text == NULL || strlen(text) != json_string_length(value))
			return call_refuse(writing->refusal, RESULT_TEMPLATE, true,
			    "%s: an element of the list is not an address", name);
		if (add_recipient(writing, name, text, list) == -1)
			return -1;
	}
	return 0;
}

/* One entry; an empty one is nobody. */
static int
add_entry(struct writing *writing, const char *name, const char *entry, char **list)
{
	const struct job *job = writing->job;
	const struct template_values values = {
		.args = job->values, .jid = job->jid, .jobtype = job->type, .attempt = job->attempt
	};
	const json_t *lone = template_lone_value(entry, &values);
	char *text;
	int result = 0;

	if (json_is_array(lone))
		return add_values(writing, name, lone, list);
	text = call_render(TEMPLATE_LINE, name, entry, job, NULL, writing->refusal);
	if (text == NULL)
		return -1;
	if (text[strspn(text, " \t")] != '\0')
		result = add_recipient(writing, name, text, list);
	free(text);
	return result;
}

/* Headers. */

static int
add_header(struct writing *writing, const char *name, const char *value)
{
	struct call *call = &writing->mail->call;
	struct curl_slist *longer = NULL;
	char *text;

	if (value == NULL || asprintf(&text, "%s: %s", name, value) == -1)
		return no_memory(writing->refusal);
	if ((longer = curl_slist_append(call->headers, text)) != NULL)
		call->headers = longer;
	free(text);
	return longer == NULL ? no_memory(writing->refusal) : 0;
}

/* Everybody in a list of the configuration; without a header's name they stand in no header. */
static int
add_list(struct writing *writing, const char *name, char *const *entries, const char *header)
{
	char *list = NULL;
	int result = 0;

	for (; result == 0 && *entries != NULL; entries++)
		result = add_entry(writing, name, *entries, header == NULL ? NULL : &list);
	if (result == 0 && list != NULL)
		result = add_header(writing, header, list);
	free(list);
	return result;
}

/* One address; *address gets it without its name unless that is NULL. */
static int
add_address(struct writing *writing, const char *name, const char *template, const char *header,
    char **address)
{
	char bare[MAIL_ADDRESS_MAX + 1], *shown;
	char *text =
	    call_render(TEMPLATE_LINE, name, template, writing->job, NULL, writing->refusal);
	int result;

	if (text == NULL)
		return -1;
	if (!mail_address_parse(text, bare)) {
		result = call_refuse(writing->refusal, RESULT_TEMPLATE, true,
		    "%s: '%.200s' is not one address", name, text);
		free(text);
		return result;
	}
	shown = mail_address_header(text);
	result = add_header(writing, header, shown);
	if (address != NULL && (*address = strdup(bare)) == NULL)
		result = no_memory(writing->refusal);
	free(shown);
	free(text);
	return result;
}

static int
add_subject(struct writing *writing)
{
	char *text = call_render(TEMPLATE_LINE, "mail.subject", writing->conf->subject,
	    writing->job, NULL, writing->refusal);
	char *encoded;
	int result;

	if (text == NULL)
		return -1;
	encoded = mail_text_encode(text);
	result = add_header(writing, "Subject", encoded);
	free(encoded);
	free(text);
	return result;
}

/* The same for each attempt of a job: who gets two of them can tell. */
static int
add_marks(struct writing *writing)
{
	struct mail_call *mail = writing->mail;
	time_t now = (time_t)(walltime_now().us / CLOCK_US_PER_SEC);
	struct tm when;
	char date[64];

	gmtime_r(&now, &when);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &when);
	if (asprintf(&mail->message_id, "<%s%s>", mail->call.jid, strrchr(mail->from, '@')) == -1) {
		mail->message_id = NULL;
		return no_memory(writing->refusal);
	}
	return add_header(writing, "Date", date) == -1 ||
		       add_header(writing, "Message-ID", mail->message_id) == -1 ||
		       add_header(writing, "Auto-Submitted", "auto-generated") == -1
		   ? -1
		   : 0;
}

static int
add_headers(struct writing *writing, const char *default_from)
{
	const struct conf_mail *conf = writing->conf;
	const char *from = conf->from[0] != '\0' ? conf->from : default_from;

	if (add_address(writing, "mail.from", from, "From", &writing->mail->from) == -1 ||
	    add_list(writing, "mail.to", conf->to, "To") == -1 ||
	    add_list(writing, "mail.cc", conf->cc, "Cc") == -1 ||
	    add_list(writing, "mail.bcc", conf->bcc, NULL) == -1 ||
	    (conf->reply_to[0] != '\0' &&
		add_address(writing, "mail.reply_to", conf->reply_to, "Reply-To", NULL) == -1) ||
	    add_subject(writing) == -1 || add_marks(writing) == -1)
		return -1;
	return writing->mail->recipient_count > 0 ? 0
						  : call_refuse(writing->refusal, RESULT_TEMPLATE,
							true, "mail.to: there is nobody");
}

/* The body. */

static int
add_part(struct writing *writing, curl_mime *mime, enum template_kind kind, const char *name,
    const char *template, const char *type)
{
	curl_mimepart *part = curl_mime_addpart(mime);
	size_t len, lines_len;
	char *text = call_render(kind, name, template, writing->job, &len, writing->refusal),
	     *lines;
	int result = 0;

	if (text == NULL)
		return -1;
	lines = mail_text_lines(text, len, &lines_len);
	if (part == NULL || lines == NULL || curl_mime_data(part, lines, lines_len) != CURLE_OK ||
	    curl_mime_type(part, type) != CURLE_OK ||
	    curl_mime_encoder(part, "quoted-printable") != CURLE_OK)
		result = no_memory(writing->refusal);
	free(lines);
	free(text);
	return result;
}

static int
add_file_part(struct writing *writing, curl_mime *mime, enum template_kind kind, const char *path,
    const char *type)
{
	char why[400], *template;
	size_t len;
	int result;

	template = file_read(path, TEMPLATE_FILE_MAX, &len, why, sizeof(why));
	if (template == NULL)
		return call_refuse(writing->refusal, RESULT_TEMPLATE, false, "%s", why);
	result = add_part(writing, mime, kind, path, template, type);
	free(template);
	return result;
}

/* The plain text stands before the HTML: the last one is the best (RFC 2046, 5.1.4). */
static int
add_texts(struct writing *writing, curl_mime *mime)
{
	static const char plain[] = "text/plain; charset=utf-8",
			  html[] = "text/html; charset=utf-8";
	const struct conf_mail *conf = writing->conf;
	bool has_html = conf->template_html[0] != '\0';

	if (conf->text_template[0] != '\0') {
		if (add_file_part(writing, mime, TEMPLATE_TEXT, conf->text_template, plain) == -1)
			return -1;
	} else if ((conf->text[0] != '\0' || !has_html) &&
		   add_part(writing, mime, TEMPLATE_TEXT, "mail.text", conf->text, plain) == -1) {
		return -1;
	}
	return has_html ? add_file_part(writing, mime, TEMPLATE_HTML, conf->template_html, html)
			: 0;
}

static int
add_attachment(struct writing *writing, const char *template)
{
	char *path = call_render(
	    TEMPLATE_PATH, "mail.attachments", template, writing->job, NULL, writing->refusal);
	curl_mimepart *part;
	CURLcode code;
	int result = 0;

	if (path == NULL)
		return -1;
	part = curl_mime_addpart(writing->mail->mime);
	code = part == NULL ? CURLE_OUT_OF_MEMORY : curl_mime_filedata(part, path);
	if (code == CURLE_READ_ERROR)
		result = call_refuse(
		    writing->refusal, RESULT_TEMPLATE, false, "%.300s can't be read", path);
	else if (code != CURLE_OK || curl_mime_encoder(part, "base64") != CURLE_OK)
		result = no_memory(writing->refusal);
	free(path);
	return result;
}

static int
add_body(struct writing *writing)
{
	struct mail_call *mail = writing->mail;
	curl_mimepart *texts;
	curl_mime *alternative;

	if ((mail->mime = curl_mime_init(mail->call.easy)) == NULL ||
	    (texts = curl_mime_addpart(mail->mime)) == NULL ||
	    (alternative = curl_mime_init(mail->call.easy)) == NULL)
		return no_memory(writing->refusal);
	if (curl_mime_subparts(texts, alternative) != CURLE_OK) {
		curl_mime_free(alternative);
		return no_memory(writing->refusal);
	}
	if (curl_mime_type(texts, "multipart/alternative") != CURLE_OK)
		return no_memory(writing->refusal);
	if (add_texts(writing, alternative) == -1)
		return -1;
	for (size_t i = 0; writing->conf->attachments[i] != NULL; i++)
		if (add_attachment(writing, writing->conf->attachments[i]) == -1)
			return -1;
	return 0;
}

int
mail_write(struct mail_call *mail, const struct job *job, const struct conf_mail *conf,
    const char *default_from, struct call_refusal *refusal)
{
	struct writing writing = { .mail = mail, .job = job, .conf = conf, .refusal = refusal };

	return add_headers(&writing, default_from) == -1 ? -1 : add_body(&writing);
}
