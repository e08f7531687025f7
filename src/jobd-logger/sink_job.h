/*
 * What a thread does for a sink: it writes the chunks that were ready, and as long as a stream
 * comes fast it reads its pipe too.  Never touches what the loop may change meanwhile.
 */
#ifndef LOGGER_SINK_JOB_H
#define LOGGER_SINK_JOB_H

#include <sys/queue.h>

#include "jobd-logger/sink.h"
#include "jobd-logger/sink_file.h"
#include "jobd-logger/workers.h"

#define SINK_JOB_CHUNKS_MAX 16

/* What was asked of the file; done behind the chunks. */
struct sink_order {
	STAILQ_ENTRY(sink_order) entry;
	enum sink_operation kind;
	sink_operation_cb done;
	void *arg;
};
STAILQ_HEAD(sink_orders, sink_order);

/* Who may touch a stream whose pipe the thread reads; changed by compare-and-swap only. */
enum pump_state {
	PUMP_NONE,
	PUMP_WRITING, /* the thread is at the file: the loop may take the stream back */
	PUMP_TAKING,  /* the thread is at the pipe */
	PUMP_REVOKED, /* the loop has taken it back */
};

/* With copies of everything that the loop may change meanwhile. */
struct sink_job {
	struct work work;
	struct sink *sink; /* the loop's alone */
	struct sink_file *file;
	struct journal *journal;
	struct sink_policy policy;
	bool must_reopen;
	struct sink_orders orders;
	int error;
	int64_t appended;
	enum pump_state pump_state;
	struct sink_pump pump;
	int64_t pumped;
	size_t count;
	struct {
		uint32_t chunk, ready;
		struct line_format format;
	} chunks[SINK_JOB_CHUNKS_MAX];
};

/* Does the work; runs in a thread. */
void sink_job_run(struct work *);
/* The loop takes the stream back whose pipe the thread reads; false while it is at the pipe. */
bool sink_job_revoke(struct sink_job *);

#endif
