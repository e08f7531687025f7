/*
 * A mail on its way to the server: call_mail.c speaks with libcurl, mail_write.c makes what is
 * sent.
 */
#ifndef RUNNER_CALL_MAIL_H
#define RUNNER_CALL_MAIL_H

#include "call.h"
#include "mail_text.h"

struct json_t;

#define REPLY_MAX 400

/* What the last command was about. */
enum mail_step { STEP_CONNECT, STEP_MAIL, STEP_RCPT, STEP_DATA };

struct mail_call {
	struct call call;
	char *from, *message_id;
	struct curl_slist *recipients;
	size_t recipient_count;
	curl_mime *mime;
	enum mail_step step;
	char recipient[MAIL_ADDRESS_MAX + 1]; /* of the last RCPT */
	struct json_t *rejected;              /* an array of {"to","reply"} */
	bool quitting;
	long reply_code; /* the server's last reply, and its text in ASCII */
	char reply[REPLY_MAX];
};

/* Makes headers, recipients and body; 0, or -1 with the refusal. */
int mail_write(struct mail_call *, const struct job *, const struct conf_mail *,
    const char *default_from, struct call_refusal *);

#endif
