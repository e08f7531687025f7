#include <stdlib.h>
#include <string.h>

#include "meter.h"

#define HASH_SIZE  1024 /* a power of two, more than there are names */
#define STEPS_KEPT 8192 /* of which there is room between turns */

struct named {
	char *name;
	int64_t counts[METER_QUEUE_COUNT];
};

struct table {
	struct named *list; /* the first is "" */
	size_t count;
	short last;            /* that was asked for: often the next one, too */
	short hash[HASH_SIZE]; /* index in the list and 1; 0: free */
};

/* What this turn has added, to be taken back if it is lost. */
struct step {
	int64_t amount;
	short index;
	unsigned char kind, count;
};

struct meter {
	struct table tables[METER_KIND_COUNT];
	struct step *steps;
	size_t step_count, step_size;
};

_Static_assert(METER_QUEUE_COUNT < 256, "a step has a byte for it");

void
meter_free(struct meter *meter)
{
	if (meter == NULL)
		return;
	for (int kind = 0; kind < METER_KIND_COUNT; kind++) {
		for (size_t i = 0; i < meter->tables[kind].count; i++)
			free(meter->tables[kind].list[i].name);
		free(meter->tables[kind].list);
	}
	free(meter->steps);
	free(meter);
}

/* -1 without memory. */
static int
add_name(struct table *table, const char *name, short *place)
{
	struct named *longer = reallocarray(table->list, table->count + 1, sizeof(*longer));

	if (longer == NULL)
		return -1;
	table->list = longer;
	memset(&longer[table->count], 0, sizeof(*longer));
	if ((longer[table->count].name = strdup(name)) == NULL)
		return -1;
	*place = (short)++table->count;
	return 0;
}

static size_t
hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash & (HASH_SIZE - 1);
}

/* Its index; 0, which is "", when there are too many. */
static short
find(struct table *table, const char *name)
{
	size_t at;

	if (table->count > 0 && strcmp(table->list[table->last].name, name) == 0)
		return table->last;
	at = hash_of(name);
	while (table->hash[at] != 0 && strcmp(table->list[table->hash[at] - 1].name, name) != 0)
		at = (at + 1) & (HASH_SIZE - 1);
	if (table->hash[at] == 0 &&
	    (table->count > METER_NAMES_MAX || add_name(table, name, &table->hash[at]) == -1))
		return 0;
	return table->last = (short)(table->hash[at] - 1);
}

struct meter *
meter_new(void)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		return NULL;
	for (int kind = 0; kind < METER_KIND_COUNT; kind++) {
		find(&meter->tables[kind], "");
		if (meter->tables[kind].count == 0) {
			meter_free(meter);
			return NULL;
		}
	}
	return meter;
}

/* The same again, as in a list of jobs, lengthens the last step. */
static bool
is_repeated(const struct meter *meter, const struct step *step)
{
	const struct step *last;

	if (meter->step_count == 0)
		return false;
	last = &meter->steps[meter->step_count - 1];
	return last->index == step->index && last->kind == step->kind && last->count == step->count;
}

/* False without memory: then it is not counted. */
static bool
remember(struct meter *meter, const struct step *step)
{
	size_t size = meter->step_size == 0 ? 256 : 2 * meter->step_size;
	struct step *longer;

	if (is_repeated(meter, step)) {
		meter->steps[meter->step_count - 1].amount += step->amount;
		return true;
	}
	if (meter->step_count == meter->step_size) {
		if ((longer = reallocarray(meter->steps, size, sizeof(*longer))) == NULL)
			return false;
		meter->steps = longer;
		meter->step_size = size;
	}
	meter->steps[meter->step_count++] = *step;
	return true;
}

static void
count(struct meter *meter, enum meter_kind kind, short index, int what, int64_t amount)
{
	struct step step = { amount, index, (unsigned char)kind, (unsigned char)what };

	if (remember(meter, &step))
		meter->tables[kind].list[index].counts[what] += amount;
}

void
meter_add(struct meter *meter, enum meter_kind kind, const char *name, enum meter_count what,
    int64_t amount)
{
	count(meter, kind, find(&meter->tables[kind], name), (int)what, amount);
}

void
meter_attempt(struct meter *meter, const char *queue, bool success, int64_t run_ms, int64_t wait_ms)
{
	short index = find(&meter->tables[METER_QUEUE], queue);

	count(meter, METER_QUEUE, index, success ? METER_DONE : METER_FAILED, 1);
	count(meter, METER_QUEUE, index, METER_WAIT_MS, wait_ms);
	count(meter, METER_QUEUE, index, METER_RUN_MS, run_ms);
	count(meter, METER_QUEUE, index, (int)METER_WAIT + (int)histogram_step(wait_ms), 1);
	count(meter, METER_QUEUE, index, (int)METER_RUN + (int)histogram_step(run_ms), 1);
}

void
meter_settle(struct meter *meter, bool committed)
{
	for (size_t i = meter->step_count; !committed && i > 0; i--) {
		const struct step *step = &meter->steps[i - 1];

		meter->tables[step->kind].list[step->index].counts[step->count] -= step->amount;
	}
	meter->step_count = 0;
	/* A large turn was an exception. */
	if (meter->step_size > STEPS_KEPT) {
		free(meter->steps);
		meter->steps = NULL;
		meter->step_size = 0;
	}
}

size_t
meter_size(const struct meter *meter, enum meter_kind kind)
{
	return meter->tables[kind].count;
}

/* {"sum_ms":12,"counts":[3,1,0,...]}: how many fell into each step. */
static void
render_times(struct json *json, const char *name, const int64_t *steps, int64_t sum_ms)
{
	json_object(json, name);
	json_int(json, "sum_ms", sum_ms);
	json_array(json, "counts");
	for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
		json_int(json, NULL, steps[i]);
	json_array_end(json);
	json_object_end(json);
}

static void
render_queue(struct json *json, const int64_t *counts)
{
	json_int(json, "pushed", counts[METER_PUSHED]);
	json_int(json, "done", counts[METER_DONE]);
	json_int(json, "failed", counts[METER_FAILED]);
	json_int(json, "dead", counts[METER_DEAD]);
	json_array(json, "bounds_ms");
	for (size_t i = 0; i < HISTOGRAM_STEPS - 1; i++)
		json_int(json, NULL, histogram_end_ms(i));
	json_array_end(json);
	render_times(json, "wait", &counts[METER_WAIT], counts[METER_WAIT_MS]);
	render_times(json, "run", &counts[METER_RUN], counts[METER_RUN_MS]);
}

void
meter_render(const struct meter *meter, enum meter_kind kind, size_t index, struct json *json)
{
	const struct named *named = &meter->tables[kind].list[index];

	json_object(json, NULL);
	json_string(json, kind == METER_QUEUE ? "queue" : "schedule", named->name);
	if (kind == METER_QUEUE)
		render_queue(json, named->counts);
	else {
		json_int(json, "ran", named->counts[METER_RAN]);
		json_int(json, "missed", named->counts[METER_MISSED]);
		json_int(json, "skipped", named->counts[METER_SKIPPED]);
	}
	json_object_end(json);
}
