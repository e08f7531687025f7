#include <stddef.h>
#include <string.h>

#include "conf/conf.h"

static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

const char *
conf_http_method(const struct conf_http *http, const char **url)
{
	const struct {
		const char *name, *url;
	} methods[] = {
		{"GET",     http->get       },
                { "POST",   http->post      },
                { "PUT",    http->put       },
		{ "PATCH",  http->patch     },
                { "DELETE", http->delete_url}
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (is_given(methods[i].url)) {
			*url = methods[i].url;
			return methods[i].name;
		}
	}
	return NULL;
}

enum conf_job_kind
conf_job_kind(const struct conf_job *job)
{
	const char *url;

	if (is_given(job->command))
		return CONF_JOB_COMMAND;
	if (conf_http_method(&job->http, &url) != NULL)
		return CONF_JOB_HTTP;
	if (job->mail.to != NULL && job->mail.to[0] != NULL)
		return CONF_JOB_MAIL;
	return CONF_JOB_FOREIGN;
}

bool
conf_condition_is_url(const char *only_if)
{
	return strncmp(only_if, "http://", 7) == 0 || strncmp(only_if, "https://", 8) == 0;
}
