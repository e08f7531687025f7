/*
 * What the status of an HTTP answer means for a job.  Pure.
 */
#ifndef RUNNER_HTTP_STATUS_H
#define RUNNER_HTTP_STATUS_H

#include <stdint.h>

enum http_verdict {
	HTTP_DONE,     /* 2xx */
	HTTP_RETRY,    /* 408, 425, 429: the target works and asks for patience */
	HTTP_TROUBLE,  /* 5xx: the target does not work; retried */
	HTTP_HOPELESS, /* all else: the same request would be refused again */
};

enum http_verdict http_status_verdict(int64_t status);

#endif
