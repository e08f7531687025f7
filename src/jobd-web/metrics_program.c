/* Figures about programs and their output. */
#include <string.h>

#include "metrics.h"
#include "usage.h"

void
metrics_program_up(struct writer *writer)
{
	const json_t *program;
	size_t i;

	json_array_foreach(writer->overview->programs, i, program)
	{
		metric_sample(writer, "program", member_text(program, "name"),
		    strcmp(member_text(program, "state"), "RUNNING") == 0);
	}
}

void
metrics_healthy(struct writer *writer)
{
	const json_t *program;
	const char *state;
	size_t i;

	json_array_foreach(writer->overview->programs, i, program)
	{
		state = member_text(json_object_get(program, "health"), "state");
		/* Nothing is said of what is not known yet. */
		if (strcmp(state, "passing") == 0 || strcmp(state, "failing") == 0)
			metric_sample(writer, "program", member_text(program, "name"),
			    strcmp(state, "passing") == 0);
	}
}

static void
write_member(struct writer *writer, const char *member)
{
	metric_members(writer, writer->overview->programs, "program", "name", member, 1);
}

void
metrics_restarts(struct writer *writer)
{
	write_member(writer, "restarts");
}

void
metrics_restarts_by(struct writer *writer)
{
	const json_t *program, *count;
	const char *reason;
	json_t *reasons;
	size_t i;

	json_array_foreach(writer->overview->programs, i, program)
	{
		reasons = json_object_get(program, "restarts_by");
		json_object_foreach(reasons, reason, count)
		{
			const struct label labels[] = {
				{"program", member_text(program, "name") },
                                { "reason",        reason                  }
			};

			metric_write(writer, "", labels, 2, json_number_value(count));
		}
	}
}

void
metrics_starts(struct writer *writer)
{
	metric_times(writer, writer->overview->programs, "program", "started_at");
}

void
metrics_dropped(struct writer *writer)
{
	write_member(writer, "dropped_lines");
}

/* What /proc says, for programs that run. */

static double
memory_of(const char *name)
{
	return (double)usage_last(name).memory_bytes;
}

static double
files_of(const char *name)
{
	return (double)usage_files(name);
}

static double
processes_of(const char *name)
{
	struct usage_sample sample = usage_last(name);

	return sample.memory_bytes == USAGE_NONE ? USAGE_NONE : sample.processes;
}

static void
write_usage(struct writer *writer, double (*usage)(const char *name))
{
	const json_t *program;
	size_t i;

	json_array_foreach(writer->overview->programs, i, program)
	{
		const char *name = member_text(program, "name");
		double number = usage(name);

		if (number >= 0 && member_int(program, "pid") > 0)
			metric_sample(writer, "program", name, number);
	}
}

void
metrics_memory(struct writer *writer)
{
	write_usage(writer, memory_of);
}

void
metrics_cpu(struct writer *writer)
{
	write_usage(writer, usage_cpu_seconds);
}

void
metrics_files(struct writer *writer)
{
	write_usage(writer, files_of);
}

void
metrics_processes(struct writer *writer)
{
	write_usage(writer, processes_of);
}

/* Output. */

static void
write_streams(struct writer *writer, const char *member)
{
	const json_t *stream;
	size_t i;

	json_array_foreach(writer->streams, i, stream)
	{
		const struct label labels[] = {
			{"program", member_text(stream, "name")  },
			{ "stream", member_text(stream, "stream")}
		};

		metric_write(writer, "", labels, 2, (double)member_int(stream, member));
	}
}

void
metrics_log_bytes(struct writer *writer)
{
	write_streams(writer, "bytes");
}

void
metrics_log_lines(struct writer *writer)
{
	write_streams(writer, "lines");
}

void
metrics_log_dropped(struct writer *writer)
{
	write_streams(writer, "dropped_lines");
}

void
metrics_log_rotations(struct writer *writer)
{
	write_streams(writer, "rotations");
}
