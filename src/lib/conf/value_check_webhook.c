#include <stdio.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_path.h"
#include "base/json_template.h"
#include "conf/blocks.h"
#include "conf/check.h"
#include "conf/value.h"

/* The rules of the sections `webhook`. */

#define HEADER_TEXT "$header:"

static bool is_ours(const char *text);
static bool is_value(void *why, const char *source);
static void ignore(void *arg, const char *text, size_t len);
static bool has_secret(const struct conf_webhook *);
static void check_one(const struct conf_webhook *, const struct block *, struct errors *);
static bool paths_clash(
    const struct conf_webhook *, const struct conf_webhook *, const char **option);
static void check_others(const struct conf *, size_t index, const struct block *, struct errors *);

/* Where the API, the pages and the health of jobd itself are. */
static bool
is_ours(const char *text)
{
	static const char *const ours[] = { "/api", "/static", "/health", "/metrics", "/login",
		"/logout", "/programs", "/jobs", "/schedules", "/queues", "/workers" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		size_t len = strlen(ours[i]);

		if (strncmp(text, ours[i], len) == 0 && (text[len] == '/' || text[len] == '\0'))
			return true;
	}
	return false;
}

const char *
value_check_hook_path(const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~-";
	size_t len = strlen(text);

	if (text[0] != '/' || len < 2 || text[len - 1] == '/' || strspn(text, plain) != len ||
	    strstr(text, "//") != NULL || strstr(text, "/.") != NULL)
		return "is not a path such as /webhooks/sale";
	return is_ours(text) ? "is a path of jobd's own" : NULL;
}

const char *
value_check_hook_value(const char *text)
{
	if (strncmp(text, HEADER_TEXT, strlen(HEADER_TEXT)) != 0)
		return json_path_check(text);
	text += strlen(HEADER_TEXT);
	return text[0] != '\0' ? value_check_header_name(text) : "names no header";
}

static bool
is_value(void *arg, const char *source)
{
	const char **why = arg;

	*why = value_check_hook_value(source);
	return *why == NULL;
}

static void
ignore(void *arg, const char *text, size_t len)
{
	(void)arg;
	(void)text;
	(void)len;
}

const char *
value_check_hook_args(const char *text)
{
	const char *why = NULL;

	if (value_check_args(text) != NULL || json_check(text, strlen(text)) != NULL)
		return "is not a JSON array such as [\"$.user\", 1]";
	if (json_template_walk(text, strlen(text), ignore, is_value, &why))
		return NULL;
	return why == NULL ? "has a path that is too long"
			   : "has a string that begins with $ and is no path";
}

static bool
has_secret(const struct conf_webhook *hook)
{
	for (char *const *secret = hook->secrets; *secret != NULL; secret++)
		if ((*secret)[0] != '\0')
			return true;
	return false;
}

static void
check_one(const struct conf_webhook *hook, const struct block *block, struct errors *errors)
{
	static const char *const needed[] = { "path", "job" };
	const char *const texts[] = { hook->path, hook->job };
	bool is_plain = hook->scheme == CONF_WEBHOOK_PLAIN;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]) && !block->is_partial; i++)
		if (texts[i][0] == '\0')
			errors_add(errors, block->file, block_line_of(block, needed[i]),
			    "webhook '%s' has no '%s'", hook->name, needed[i]);
	if (!block->is_partial && !has_secret(hook) && hook->secret_file[0] == '\0')
		errors_add(errors, block->file, block->line,
		    "webhook '%s' has neither 'secret' nor 'secret_file': who sends the requests?",
		    hook->name);
	if (!block->is_partial && is_plain && hook->header[0] == '\0')
		errors_add(errors, block->file, block->line,
		    "webhook '%s' has no 'header', and its scheme has none", hook->name);
	check_both(block, "secret", hook->secrets[0] != NULL ? "is set" : "", "secret_file",
	    hook->secret_file, errors);
	check_needs(block, "prefix", hook->prefix, "scheme = plain", is_plain, errors);
	if (hook->scheme == CONF_WEBHOOK_STRIPE || hook->scheme == CONF_WEBHOOK_JOBD)
		check_needs(block, "time", hook->time, "scheme = plain or github", false, errors);
}

/* Both are there at the same time and have a path in common. */
static bool
paths_clash(const struct conf_webhook *one, const struct conf_webhook *other, const char **option)
{
	size_t len = strlen(other->path);

	*option = "path";
	if (!one->enabled || !other->enabled)
		return false;
	if (strcmp(one->path, other->path) == 0 || strcmp(one->path, other->health_path) == 0)
		return true;
	if (other->health_path[0] == '\0' && strncmp(one->path, other->path, len) == 0 &&
	    strcmp(one->path + len, "/health") == 0)
		return true;
	*option = "health_path";
	return one->health_path[0] != '\0' &&
	       (strcmp(one->health_path, other->path) == 0 ||
		   strcmp(one->health_path, other->health_path) == 0);
}

static void
check_others(
    const struct conf *conf, size_t index, const struct block *block, struct errors *errors)
{
	const struct conf_webhook *hook = &conf->webhooks[index];
	const char *option;

	for (size_t i = 0; i < conf->webhook_count; i++)
		if (i != index && paths_clash(hook, &conf->webhooks[i], &option) &&
		    hook->path[0] != '\0') {
			errors_add(errors, block->file, block_line_of(block, option),
			    "option '%s': webhook '%s' has the same path", option,
			    conf->webhooks[i].name);
			return;
		}
}

void
check_webhooks(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	for (size_t i = 0; i < conf->webhook_count; i++) {
		const struct conf_webhook *hook = &conf->webhooks[i];
		const struct block *block = blocks_find(
		    blocks, conf_section_find("webhook"), hook->name, strlen(hook->name));

		check_one(hook, block, errors);
		check_others(conf, i, block, errors);
		if (conf->web.listen[0] == NULL && !block->is_partial)
			errors_add(errors, block->file, block->line,
			    "webhook '%s': nothing listens; that needs http { listen = "
			    "\"HOST:PORT\" }",
			    hook->name);
	}
}
