#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "queue_private.h"

static int
cmp_name(const struct queue_slot *one, const struct queue_slot *other)
{
	return strcmp(one->record.name, other->record.name);
}

#define LOCAL __attribute__((unused)) static
RB_GENERATE_INTERNAL(queue_slots, queue_slot, entry, cmp_name, LOCAL)

struct queue_slot *
queue_slot(struct queue *queue, const char *name, bool make)
{
	struct queue_slot *slot, key;

	if (queue->slots == NULL) {
		if (!make || (queue->slots = calloc(1, sizeof(*queue->slots))) == NULL)
			return NULL;
		RB_INIT(queue->slots);
	}
	snprintf(key.record.name, sizeof(key.record.name), "%s", name);
	slot = RB_FIND(queue_slots, queue->slots, &key);
	if (slot != NULL || !make || (slot = calloc(1, sizeof(*slot))) == NULL)
		return slot;
	memcpy(slot->record.name, key.record.name, sizeof(key.record.name));
	slot->record.limits =
	    (struct queue_limits){ CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET };
	RB_INSERT(queue_slots, queue->slots, slot);
	return slot;
}

static void
slots_clear(struct queue *queue)
{
	struct queue_slot *slot;

	while (queue->slots != NULL && (slot = RB_ROOT(queue->slots)) != NULL) {
		RB_REMOVE(queue_slots, queue->slots, slot);
		free(slot);
	}
}

static bool
load_slot(void *arg, const struct queue_record *record)
{
	const struct queue_limits *limits = &record->limits;
	struct queue *queue = arg;
	struct queue_slot *slot;

	if (!record->paused && !walltime_is_set(record->rate_at) && limits->weight == CONF_UNSET &&
	    limits->concurrency == CONF_UNSET && limits->rate == CONF_UNSET)
		return true;
	if ((slot = queue_slot(queue, record->name, true)) != NULL)
		slot->record = *record;
	return slot != NULL;
}

enum store_result
queue_load(struct queue *queue)
{
	enum store_result result;

	slots_clear(queue);
	queue->has_ready = queue->is_away = true;
	queue->rate_wake.us = 0;
	result = queue->store->ops->queue_list(queue->store, load_slot, queue);
	return result == STORE_OK ? queue_check_clock(queue) : result;
}

void
queue_clear(struct queue *queue)
{
	queue_turn_end(queue);
	queue_events_free(queue);
	slots_clear(queue);
	free(queue->slots);
	queue->slots = NULL;
}

enum store_result
queue_slot_save(struct queue *queue, struct queue_slot *slot)
{
	return queue->store->ops->queue_put(queue->store, &slot->record);
}

bool
queue_is_paused(const struct queue *queue, const char *name)
{
	/* Nothing is made, so nothing is changed. */
	const struct queue_slot *slot = queue_slot((struct queue *)(uintptr_t)queue, name, false);

	return slot != NULL && slot->record.paused;
}

enum store_result
queue_pause(struct queue *queue, const char *name, bool paused)
{
	struct queue_slot *slot;

	if (paused == queue_is_paused(queue, name))
		return STORE_OK;
	if ((slot = queue_slot(queue, name, true)) == NULL)
		return queue_no_memory(queue);
	slot->record.paused = paused;
	queue->has_ready = true;
	return queue_slot_save(queue, slot);
}

static int64_t
first_set(int64_t one, int64_t other, int64_t last)
{
	return one != CONF_UNSET ? one : other != CONF_UNSET ? other : last;
}

struct queue_limits
queue_limits_of(struct queue *queue, const char *name)
{
	static const struct queue_limits none = { CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET };
	const struct conf_queue *conf = conf_find_queue(queue->conf, name);
	const struct queue_slot *slot = queue_slot(queue, name, false);
	struct queue_limits set = slot != NULL ? slot->record.limits : none;

	if (conf == NULL)
		return (struct queue_limits){ set.weight, first_set(set.concurrency, CONF_UNSET, 0),
			first_set(set.rate, CONF_UNSET, 0),
			first_set(set.rate_period_ms, CONF_UNSET, 1000) };
	return (struct queue_limits){ first_set(set.weight, conf->weight, CONF_UNSET),
		first_set(set.concurrency, conf->concurrency, 0),
		first_set(set.rate, conf->rate, 0),
		first_set(set.rate_period_ms, conf->rate_period_ms, 1000) };
}

enum store_result
queue_check_clock(struct queue *queue)
{
	enum store_result result = queue_move_leases(queue);
	struct queue_slot *slot;

	if (result != STORE_OK || queue->slots == NULL)
		return result;
	/* Those who wait are asked again, and wait by the new clock. */
	queue->has_ready = true;
	queue->rate_wake.us = 0;
	RB_FOREACH (slot, queue_slots, queue->slots) {
		struct queue_limits limits = queue_limits_of(queue, slot->record.name);
		struct limit_rate rate = { limits.rate, limits.rate_period_ms };
		struct walltime settled = limit_settle(&rate, slot->record.rate_at, queue->now);

		if (settled.us == slot->record.rate_at.us)
			continue;
		slot->record.rate_at = settled;
		if ((result = queue_slot_save(queue, slot)) != STORE_OK)
			break;
	}
	return result;
}

static void
set_limit(int64_t *limit, int64_t value)
{
	if (value == QUEUE_LIMIT_RESET)
		*limit = CONF_UNSET;
	else if (value != CONF_UNSET)
		*limit = value;
}

enum store_result
queue_limit(struct queue *queue, const char *name, const struct queue_limits *limits)
{
	struct queue_slot *slot = queue_slot(queue, name, true);

	if (slot == NULL)
		return queue_no_memory(queue);
	set_limit(&slot->record.limits.weight, limits->weight);
	set_limit(&slot->record.limits.concurrency, limits->concurrency);
	set_limit(&slot->record.limits.rate, limits->rate);
	set_limit(&slot->record.limits.rate_period_ms, limits->rate_period_ms);
	/* Whoever waits may get a job now. */
	queue->has_ready = true;
	return queue_slot_save(queue, slot);
}
