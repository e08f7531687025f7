/*
 * The other side of http_jobs: the trivial HTTP server that is asked, and what stands in for the
 * scheduler, in one process.  It knows no job that fails.
 */
#ifndef BENCH_HTTP_JOBS_SERVER_H
#define BENCH_HTTP_JOBS_SERVER_H

#include <stdint.h>

/* The text of job number %d, %d. */
#define JOB_FORMAT                                                                                 \
	"{\"jid\":\"bench-%08d\",\"queue\":\"default\",\"jobtype\":\"bench\","                     \
	"\"args\":[{\"user\":%d,\"text\":\"hello\"}],\"attempts\":1}"

int64_t now_ns(void);
/*
 * Takes two listening sockets.  From `orders` it reads how many jobs there are (an int), to
 * `report` it writes the nanoseconds that they took (an int64_t); ends with the orders.
 */
_Noreturn void http_jobs_server(int http, int queue, int orders, int report);

#endif
