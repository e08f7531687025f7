#include <string.h>

#include "base/words.h"

#define WORD_MAX 64

static size_t least(size_t, size_t);

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment), with the last three rows of the table.
 */
size_t
words_distance(const char *from, const char *to)
{
	size_t rows[3][WORD_MAX + 1];
	size_t from_len = strlen(from), to_len = strlen(to);

	if (from_len > WORD_MAX || to_len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= to_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= from_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= to_len; j++) {
			size_t change = above[j - 1] + (from[i - 1] != to[j - 1]);

			row[j] = least(change, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[from_len % 3][to_len];
}

const char *
words_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	/* Up to a third of the word may be wrong: more is another word. */
	size_t limit = strlen(word) / 3 + 1;

	for (; *words != NULL; words++) {
		size_t distance = words_distance(word, *words);

		if (distance <= limit && (distance == 0 || distance < strlen(word))) {
			limit = distance - (distance > 0);
			best = *words;
			if (distance == 0)
				break;
		}
	}
	return best;
}
