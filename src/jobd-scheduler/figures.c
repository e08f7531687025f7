#include <stdlib.h>
#include <string.h>

#include "figures.h"

#define HOUR_US (INT64_C(3600) * CLOCK_US_PER_SEC)
#define KEEP_US (INT64_C(31) * 24 * HOUR_US)
/* Rows of too old hours that go at once. */
#define TRIM_LIMIT 200

void
figure_add(struct figure *figure, bool success, int64_t run_ms, int64_t wait_ms)
{
	figure->done += success;
	figure->failed += !success;
	figure->late += wait_ms > FIGURES_LATE_MS;
	figure->run_ms += run_ms;
	figure->wait_ms += wait_ms;
	if (run_ms > figure->run_ms_max)
		figure->run_ms_max = run_ms;
	if (wait_ms > figure->wait_ms_max)
		figure->wait_ms_max = wait_ms;
	figure->run[histogram_step(run_ms)]++;
	figure->wait[histogram_step(wait_ms)]++;
}

void
figure_sum(struct figure *sum, const struct figure *add)
{
	sum->done += add->done;
	sum->failed += add->failed;
	sum->late += add->late;
	sum->run_ms += add->run_ms;
	sum->wait_ms += add->wait_ms;
	if (add->run_ms_max > sum->run_ms_max)
		sum->run_ms_max = add->run_ms_max;
	if (add->wait_ms_max > sum->wait_ms_max)
		sum->wait_ms_max = add->wait_ms_max;
	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		sum->run[i] += add->run[i];
		sum->wait[i] += add->wait[i];
	}
}

static struct figure *
find(struct figures *figures, struct walltime hour, enum figure_kind kind, const char *name)
{
	struct figure *longer;

	for (size_t i = figures->count; i-- > 0;) {
		struct figure *figure = &figures->list[i];

		if (figure->kind == kind && figure->at.us == hour.us &&
		    strcmp(figure->name, name) == 0)
			return figure;
	}
	if (figures->count == FIGURES_MAX)
		return NULL;
	if (figures->count == figures->size) {
		figures->size = figures->size == 0 ? 8 : figures->size * 2;
		longer = reallocarray(figures->list, figures->size, sizeof(*longer));
		if (longer == NULL) {
			figures->size = figures->count;
			return NULL;
		}
		figures->list = longer;
	}
	longer = &figures->list[figures->count++];
	*longer = (struct figure){ .at = hour, .kind = kind };
	strlcpy(longer->name, name, sizeof(longer->name));
	return longer;
}

void
figures_count(struct figures *figures, const struct job *job, struct walltime now, bool success,
    int64_t run_ms, int64_t wait_ms)
{
	const char *const names[] = { [FIGURE_TYPE] = job->type, [FIGURE_QUEUE] = job->queue };
	struct walltime hour = { now.us - now.us % HOUR_US };

	for (int kind = FIGURE_TYPE; kind <= FIGURE_QUEUE; kind++) {
		struct figure *figure = find(figures, hour, (enum figure_kind)kind, names[kind]);

		if (figure != NULL)
			figure_add(figure, success, run_ms, wait_ms);
	}
}

bool
figures_owe(const struct figures *figures)
{
	return figures->count > 0;
}

enum store_result
figures_flush(struct figures *figures, struct store *store)
{
	enum store_result result = STORE_OK;
	struct figure whole;

	for (size_t i = 0; i < figures->count && result == STORE_OK; i++) {
		const struct figure *figure = &figures->list[i];

		result = store->ops->figure_get(store, figure, &whole);
		if (result == STORE_FAILED)
			break;
		if (result == STORE_NONE)
			whole = *figure;
		else
			figure_sum(&whole, figure);
		result = store->ops->figure_put(store, &whole);
	}
	if (result == STORE_OK && figures->count > 0)
		result = store->ops->figure_trim(
		    store, (struct walltime){ figures->list[0].at.us - KEEP_US }, TRIM_LIMIT);
	if (result == STORE_OK)
		figures_clear(figures);
	return result;
}

void
figures_clear(struct figures *figures)
{
	free(figures->list);
	*figures = (struct figures){ .list = NULL };
}
