/*
 * Times of day as people write them: 9am, 9:30 pm, 17:30, noon.  Pure.
 */
#ifndef CRON_PLAIN_TIME_H
#define CRON_PLAIN_TIME_H

#include "cron/parse.h"

/* True if the word begins like a time: a digit with a colon, am or pm, or noon or midnight. */
bool plain_time_is(struct word word, struct word next);
/*
 * Reads a time from one word, or from two if the second is am or pm (`next` may be empty).  Returns
 * how many words it took and the second of the day, or -1 with an error.
 */
int plain_time_parse(struct parse *, struct word word, struct word next, int *second_of_day);

#endif
