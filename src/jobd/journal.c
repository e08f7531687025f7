#include <string.h>

#include "control.h"
#include "journal.h"
#include "note.h"

static struct journal_entry entries[JOURNAL_MAX]; /* number n is at n % JOURNAL_MAX */
static int64_t last_seq;

static struct journal_entry *begin(const struct program *, enum state from, const char *why);

static struct journal_entry *
begin(const struct program *program, enum state from, const char *why)
{
	struct journal_entry *entry = &entries[++last_seq % JOURNAL_MAX];

	*entry = (struct journal_entry){
		.seq = last_seq,
		.at = walltime_now(),
		.from = from,
		.to = program->state,
		.why = why,
		.pid = program->pid,
	};
	strlcpy(entry->name, program->name, sizeof(entry->name));
	return entry;
}

void
journal_add(
    const struct program *program, enum state from, const char *why, const struct exit_info *exit)
{
	bool ended = exit != NULL && exit->reason != EXIT_REASON_NONE;
	struct journal_entry *entry;

	/* Users see one word for several of our states: what they can't tell apart is no change. */
	if (!ended && strcmp(state_word(from), state_word(program->state)) == 0)
		return;
	entry = begin(program, from, why);
	if (ended) {
		entry->exit = *exit;
		entry->pid = exit->pid;
	}
	control_wake_followers();
}

void
journal_note(const struct program *program, const char *why, const char *note)
{
	note_add(begin(program, program->state, why)->at, note);
	control_wake_followers();
}

void
journal_spawned(const struct program *program)
{
	begin(program, program->state, "spawned")->inner = true;
	control_wake_followers();
}

int64_t
journal_last_seq(void)
{
	return last_seq;
}

int64_t
journal_first_seq(void)
{
	return last_seq > JOURNAL_MAX ? last_seq - JOURNAL_MAX + 1 : 1;
}

const struct journal_entry *
journal_get(int64_t seq)
{
	if (seq < journal_first_seq() || seq > last_seq)
		return NULL;
	return &entries[seq % JOURNAL_MAX];
}
