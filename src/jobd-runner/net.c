#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net.h"
#include "proto/verbs.h"

/* Beside the runner's own file, wherever it was installed. */
#define MODULE_NAME "jobd-runner-net.so"

struct search {
	const char *jid;
	bool found;
};

static int load(struct net *, char *text, size_t size);

bool
net_does(const struct conf_job *job)
{
	enum conf_job_kind kind = conf_job_kind(job);

	return kind == CONF_JOB_HTTP || kind == CONF_JOB_MAIL;
}

bool
net_needs_values(const struct conf_job *job)
{
	const char *url;

	if (conf_job_kind(job) != CONF_JOB_HTTP)
		return true;
	conf_http_method(&job->http, &url);
	for (char *const *header = job->http.headers; *header != NULL; header++)
		if (strstr(*header, "{{") != NULL)
			return true;
	return strstr(url, "{{") != NULL || strstr(job->http.body, "{{") != NULL;
}

/* What `jobctl mail test ADDRESS` asks for. */
const struct conf_job *
net_mail_test(void)
{
	static char nothing[] = "", name[] = PROTO_MAIL_TEST, to[] = "{{0}}",
		    subject[] = "jobd can send mail",
		    text[] = "This is the mail that was asked for with jobctl mail test.\n"
			     "It is job {{jid}}.\n";
	static char *none[] = { NULL }, *recipients[] = { to, NULL };
	static const struct conf_job test = {
		.name = name,
		.output_max_bytes = INT64_C(64) * 1024,
		.mail = {
			.to = recipients,
			.cc = none,
			.bcc = none,
			.from = nothing,
			.reply_to = nothing,
			.subject = subject,
			.text = text,
			.text_template = nothing,
			.template_html = nothing,
			.attachments = none,
		},
	};

	return &test;
}

static const struct net_module *
module_open(char *text, size_t size)
{
	char self[PATH_MAX - sizeof(MODULE_NAME)], path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const struct net_module *found;
	void *module;

	if (len == -1) {
		snprintf(text, size, "can't read /proc/self/exe");
		return NULL;
	}
	self[len] = '\0';
	snprintf(path, sizeof(path), "%s/" MODULE_NAME, dirname(self));
	if ((module = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL ||
	    (found = dlsym(module, NET_MODULE_SYMBOL)) == NULL) {
		snprintf(text, size, "%s", dlerror());
		return NULL;
	}
	return found;
}

/* The module stays: not all of its libraries can be unloaded. */
static int
load(struct net *net, char *text, size_t size)
{
	if (net->module == NULL && (net->module = module_open(text, size)) == NULL)
		return -1;
	if (net->calls == NULL)
		net->calls = net->module->open(net->base, net->owner, net->arg);
	if (net->calls != NULL)
		return 0;
	snprintf(text, size, "libcurl can't be started");
	return -1;
}

int
net_start(struct net *net, const struct job *job, const struct conf *conf,
    const struct conf_job *type, struct call_refusal *refusal)
{
	if (load(net, refusal->text, sizeof(refusal->text)) == 0)
		return net->module->start(net->calls, job, conf, type, refusal);
	log_errx("no job with a URL or mail can be done: %s", refusal->text);
	refusal->reason = RESULT_NETWORK;
	return -1;
}

size_t
net_count(const struct net *net)
{
	return net->calls == NULL ? 0 : net->module->count(net->calls);
}

void
net_each(const struct net *net, void (*each)(void *, const char *), void *arg)
{
	if (net->calls != NULL)
		net->module->each(net->calls, each, arg);
}

static void
compare(void *arg, const char *jid)
{
	struct search *search = arg;

	search->found |= strcmp(search->jid, jid) == 0;
}

bool
net_has(const struct net *net, const char *jid)
{
	struct search search = { .jid = jid };

	net_each(net, compare, &search);
	return search.found;
}

bool
net_end(struct net *net, const char *jid, enum result_reason why)
{
	return net->calls != NULL && net->module->end(net->calls, jid, why);
}

void
net_end_all(struct net *net, enum result_reason why, bool only_slow)
{
	if (net->calls != NULL)
		net->module->end_all(net->calls, why, only_slow);
}

void
net_tell_breakers(const struct net *net)
{
	if (net->calls != NULL)
		net->module->tell_breakers(net->calls);
}

struct net_question *
net_ask(struct net *net, const struct net_ask *ask, net_answered *answered, void *arg, char *text,
    size_t text_size)
{
	struct net_question *question;

	if (load(net, text, text_size) == -1)
		return NULL;
	question = net->module->ask(net->calls, ask, answered, arg);
	if (question == NULL)
		snprintf(text, text_size, "out of memory");
	return question;
}

void
net_forget(struct net *net, struct net_question *question)
{
	net->module->forget(question);
}

bool
net_close(struct net *net)
{
	if (net->calls != NULL && !net->module->close(net->calls))
		return false;
	net->calls = NULL;
	return true;
}
