#include <sys/ioctl.h>

#include <errno.h>

#include "base/clock.h"
#include "jobd-logger/sink_job.h"

/* A thread reads a pipe itself as long as it finds so much there, and nobody else waits. */
#define PUMP_MIN_BYTES 65536
#define PUMP_MAX_MS    50

static bool
pump_move(struct sink_job *job, enum pump_state from, enum pump_state to)
{
	return __atomic_compare_exchange_n(
	    &job->pump_state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool
sink_job_revoke(struct sink_job *job)
{
	return pump_move(job, PUMP_WRITING, PUMP_REVOKED);
}

/* Takes one chunk more; 0 if there is not enough to go on. */
static ssize_t
pump_take(struct sink_job *job, uint32_t index)
{
	ssize_t taken = 0;
	int available;

	if (!pump_move(job, PUMP_WRITING, PUMP_TAKING))
		return 0;
	if (ioctl(job->pump.fd, FIONREAD, &available) == 0 && available >= PUMP_MIN_BYTES) {
		journal_chunk_reset(job->journal, index);
		taken = journal_take(
		    job->journal, job->pump.counts, index, job->pump.fd, (size_t)available);
	}
	if (taken > 0)
		job->pumped += taken;
	(void)pump_move(job, PUMP_TAKING, PUMP_WRITING);
	return taken;
}

/* Writes what comes in as long as it comes fast. */
static void
job_pump(struct sink_job *job)
{
	uint32_t index = job->chunks[job->count - 1].chunk;
	const struct journal_chunk *chunk = journal_chunk(job->journal, index);
	struct monotime begin = monotime_now();

	while (job->error == 0 && !workers_are_wanted() &&
	       monotime_diff_ms(monotime_now(), begin) < PUMP_MAX_MS && pump_take(job, index) > 0)
		if (sink_file_write(job->file, &job->policy, &job->chunks[job->count - 1].format,
			index, chunk->len) == -1)
			job->error = errno;
}

void
sink_job_run(struct work *work)
{
	struct sink_job *job = (struct sink_job *)work;
	struct sink_file *file = job->file;
	const struct sink_order *order;

	if (job->must_reopen)
		sink_file_close(file);
	for (size_t i = 0; i < job->count && job->error == 0; i++)
		if (sink_file_write(file, &job->policy, &job->chunks[i].format,
			job->chunks[i].chunk, job->chunks[i].ready) == -1)
			job->error = errno;
	if (job->pump_state != PUMP_NONE && job->error == 0)
		job_pump(job);
	STAILQ_FOREACH (order, &job->orders, entry) {
		int result = order->kind == SINK_CLEAR ? sink_file_clear(file, &job->policy)
						       : sink_file_rotate(file, &job->policy);

		if (result == -1 && job->error == 0)
			job->error = errno;
	}
	job->appended = sink_file_take_appended(file);
}
