#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "proto/verbs.h"

#include "handlers.h"
#include "read_files.h"
#include "webhook.h"

/* Of a file with secrets, and of secrets. */
#define FILE_MAX    ((size_t)16 * 1024)
#define SECRETS_MAX 16
/* Who asks for our health has little patience. */
#define HEALTH_MS 4000

static struct {
	struct conf_webhook *conf;
	struct webhook *list;
	size_t count;
	struct walltime since;
} hooks;

/* What each scheme brings with it. */
static const struct {
	const char *header, *prefix, *id;
	bool is_timed;
} schemes[] = {
	[CONF_WEBHOOK_PLAIN] = {"",                     "",        "",                          false},
	[CONF_WEBHOOK_GITHUB] = { "X-Hub-Signature-256", "sha256=", "$header:X-GitHub-Delivery",
				false								},
	[CONF_WEBHOOK_STRIPE] = { "Stripe-Signature",    "",        "",                          true },
	[CONF_WEBHOOK_JOBD] = { "X-Jobd-Signature",    "",        "$header:Idempotency-Key",   true },
};

static const char *const words[WEBHOOK_RESULT_COUNT] = {
	[WEBHOOK_ACCEPTED] = "accepted",
	[WEBHOOK_REPLAYED] = "replayed",
	[WEBHOOK_PING] = "ping",
	[WEBHOOK_SIGNATURE] = "signature",
	[WEBHOOK_RATE] = "rate",
	[WEBHOOK_TIME] = "time",
	[WEBHOOK_PAYLOAD] = "payload",
	[WEBHOOK_REFUSED] = "refused",
};

/* The lines of the file, kept as long as we live; NULL if it can't be read (logged). */
static char *
read_file(const struct conf_webhook *conf)
{
	char *text, why[512];
	size_t len;

	if (read_files_add(conf->secret_file) == -1)
		return NULL;
	if ((text = file_read(conf->secret_file, FILE_MAX, &len, why, sizeof(why))) == NULL)
		log_errx("webhook '%s': %s", conf->name, why);
	return text;
}

/* NULL if there is none (logged), or no memory.  An empty one would be known to everybody. */
static char **
take_secrets(const struct conf_webhook *conf)
{
	char **secrets = calloc(SECRETS_MAX + 1, sizeof(*secrets)), *line, *rest = NULL;
	size_t count = 0;

	if (secrets == NULL)
		return NULL;
	for (char *const *secret = conf->secrets; *secret != NULL; secret++)
		if ((*secret)[0] != '\0' && count < SECRETS_MAX)
			secrets[count++] = *secret;
	if (conf->secret_file[0] != '\0')
		rest = read_file(conf);
	while ((line = strsep(&rest, "\r\n")) != NULL)
		if (line[0] != '\0' && count < SECRETS_MAX)
			secrets[count++] = line;
	if (count > 0)
		return secrets;
	log_errx("webhook '%s' has no secret: it takes nothing", conf->name);
	free(secrets);
	return NULL;
}

static int
configure(struct webhook *hook, const struct conf_webhook *conf)
{
	const char *health = conf->health_path;
	char *path;

	hook->conf = conf;
	if (health[0] == '\0') {
		if (asprintf(&path, "%s/health", conf->path) == -1)
			return -1;
		health = path;
	}
	hook->take = (struct route){ METHOD_POST, conf->path, ROLE_NONE, ROUTE_HOOK, webhook_take };
	hook->health = (struct route){ METHOD_GET, health, ROLE_NONE, ROUTE_HOOK, webhook_health };
	hook->header = conf->header[0] != '\0' ? conf->header : schemes[conf->scheme].header;
	hook->id = conf->id[0] != '\0' ? conf->id : schemes[conf->scheme].id;
	hook->signature = (struct webhook_signature){
		.is_timed = schemes[conf->scheme].is_timed,
		.is_base64 = conf->encoding == CONF_WEBHOOK_BASE64,
		.prefix = conf->prefix[0] != '\0' ? conf->prefix : schemes[conf->scheme].prefix,
		.secrets = take_secrets(conf),
	};
	if (conf->rate > 0 &&
	    (hook->rate = webhook_rate_new(conf->rate, conf->rate_period_ms)) == NULL)
		return -1;
	return 0;
}

int
webhooks_configure(struct conf *conf)
{
	if (conf->webhook_count == 0)
		return 0;
	hooks.since = walltime_now();
	hooks.conf = conf->webhooks;
	hooks.list = calloc(conf->webhook_count, sizeof(*hooks.list));
	if (hooks.list == NULL)
		return -1;
	for (size_t i = 0; i < conf->webhook_count; i++)
		if (hooks.conf[i].enabled &&
		    configure(&hooks.list[hooks.count++], &hooks.conf[i]) == -1)
			return -1;
	conf->webhooks = NULL;
	conf->webhook_count = 0;
	return 0;
}

unsigned int
webhook_find(struct request *request, char *allow, size_t size)
{
	for (size_t i = 0; i < hooks.count; i++) {
		const struct route *routes[] = { &hooks.list[i].take, &hooks.list[i].health };

		for (size_t j = 0; j < sizeof(routes) / sizeof(routes[0]); j++) {
			if (strcmp(routes[j]->path, request->path) != 0)
				continue;
			strlcpy(
			    allow, routes[j]->method == METHOD_POST ? "POST" : "GET, HEAD", size);
			if (routes[j]->method != request->method)
				return MHD_HTTP_METHOD_NOT_ALLOWED;
			request->route = routes[j];
			return 0;
		}
	}
	return MHD_HTTP_NOT_FOUND;
}

struct webhook *
webhook_of(const struct request *request)
{
	for (size_t i = 0; i < hooks.count; i++)
		if (request->route == &hooks.list[i].take ||
		    request->route == &hooks.list[i].health)
			return &hooks.list[i];
	return NULL;
}

bool
webhook_is_ready(const struct webhook *hook)
{
	return hook->signature.secrets != NULL;
}

void
webhook_note(struct webhook *hook, const struct request *request, enum webhook_result result,
    const char *jid, const char *why)
{
	hook->counts[result]++;
	hook->last.at = walltime_now();
	hook->last.result = result;
	hook->last.status = request->status;
	strlcpy(hook->last.from, request->address, sizeof(hook->last.from));
	strlcpy(hook->last.jid, jid, sizeof(hook->last.jid));
	log_info("webhook: name=%s from=%s result=%s status=%u%s%s%s%s", hook->conf->name,
	    request->address, words[result], request->status, jid[0] != '\0' ? " job=" : "", jid,
	    why[0] != '\0' ? " why=" : "", why);
}

size_t
webhook_count(void)
{
	return hooks.count;
}

const struct webhook *
webhook_nth(size_t index)
{
	return &hooks.list[index];
}

struct walltime
webhooks_since(void)
{
	return hooks.since;
}

const char *
webhook_result_word(enum webhook_result result)
{
	return words[result];
}

/* Health. */

static void
then_health(struct request *request)
{
	const struct webhook *hook = webhook_of(request);
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0))
		return;
	buf_text(&text, "{\"status\":\"ok\",\"webhook\":");
	buf_json(&text, hook->conf->name);
	buf_text(&text, "}");
	respond_json(request, MHD_HTTP_OK, &text);
}

void
webhook_health(struct request *request)
{
	struct buf line = { 0 };

	if (!webhook_is_ready(webhook_of(request))) {
		respond_unavailable(request, "its secret is missing");
		return;
	}
	buf_text(&line, VERB_INFO);
	request_ask_buf(request, UPSTREAM_QUEUE, &line, HEALTH_MS);
	request_then(request, then_health);
}
