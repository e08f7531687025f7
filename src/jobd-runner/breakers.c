#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "breakers.h"

/* Targets may come out of templates: more than this are not looked after. */
#define TARGETS_MAX 4096

struct breaker_entry {
	LIST_ENTRY(breaker_entry) entry;
	struct breaker breaker;
	char target[];
};

static struct breaker_entry *
find(const struct breakers *breakers, const char *target)
{
	struct breaker_entry *entry;

	LIST_FOREACH (entry, &breakers->list, entry)
		if (strcmp(entry->target, target) == 0)
			return entry;
	return NULL;
}

static struct breaker_entry *
add(struct breakers *breakers, const char *target)
{
	size_t size = strlen(target) + 1;
	struct breaker_entry *entry;

	if (breakers->count >= TARGETS_MAX || (entry = calloc(1, sizeof(*entry) + size)) == NULL)
		return NULL;
	memcpy(entry->target, target, size);
	LIST_INSERT_HEAD(&breakers->list, entry, entry);
	breakers->count++;
	return entry;
}

static void
drop(struct breakers *breakers, struct breaker_entry *entry)
{
	LIST_REMOVE(entry, entry);
	breakers->count--;
	free(entry);
}

static void
say(const struct breakers *breakers, const struct breaker_entry *entry, enum breaker_state before)
{
	if (entry->breaker.state == before)
		return;
	log_warnx("breaker %s %s -> %s (%lld failures in a row)", entry->target,
	    breaker_state_word(before), breaker_state_word(entry->breaker.state),
	    (long long)entry->breaker.failures);
	breakers->changed(breakers->arg, entry->target, &entry->breaker);
}

bool
breakers_admit(struct breakers *breakers, const char *target, int64_t *delay_ms)
{
	struct breaker_entry *entry = find(breakers, target);
	enum breaker_state before;
	bool admitted;

	*delay_ms = 0;
	if (entry == NULL)
		return true;
	before = entry->breaker.state;
	admitted = breaker_admit(&entry->breaker, monotime_now(), delay_ms);
	say(breakers, entry, before);
	return admitted;
}

void
breakers_note(struct breakers *breakers, const char *target, const struct breaker_rule *rule,
    enum breaker_outcome outcome)
{
	struct breaker_entry *entry = find(breakers, target);
	enum breaker_state before;

	if (entry == NULL && outcome == BREAKER_FAILED)
		entry = add(breakers, target);
	if (entry == NULL)
		return;
	before = entry->breaker.state;
	breaker_note(&entry->breaker, rule, monotime_now(), outcome);
	say(breakers, entry, before);
	if (entry->breaker.state == BREAKER_CLOSED && entry->breaker.failures == 0)
		drop(breakers, entry);
}

void
breakers_tell(const struct breakers *breakers)
{
	const struct breaker_entry *entry;

	LIST_FOREACH (entry, &breakers->list, entry)
		if (entry->breaker.state != BREAKER_CLOSED)
			breakers->changed(breakers->arg, entry->target, &entry->breaker);
}

void
breakers_free(struct breakers *breakers)
{
	while (!LIST_EMPTY(&breakers->list))
		drop(breakers, LIST_FIRST(&breakers->list));
}
