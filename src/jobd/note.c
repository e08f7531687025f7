#include <string.h>

#include "note.h"

#define NOTES_MAX 64

static struct {
	struct walltime at;
	char text[NOTE_MAX];
} notes[NOTES_MAX];
static unsigned next;

void
note_add(struct walltime at, const char *text)
{
	if (text[0] == '\0')
		return;
	notes[next % NOTES_MAX].at = at;
	strlcpy(notes[next % NOTES_MAX].text, text, NOTE_MAX);
	next++;
}

const char *
note_find(struct walltime at)
{
	for (unsigned i = 0; i < NOTES_MAX && walltime_is_set(at); i++)
		if (notes[i].at.us == at.us)
			return notes[i].text;
	return NULL;
}
