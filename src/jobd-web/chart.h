/*
 * Charts that are part of a page, as SVG: they need no script.  Shapes are stretched to the room
 * that there is; words stand beside them as text, so that they keep their size.  Pure; never knows
 * what the figures mean.
 */
#ifndef WEB_CHART_H
#define WEB_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* One bar of two parts. */
struct chart_bar {
	double below, above;
	char name[32]; /* of its place on the axis */
};

struct chart_point {
	double at, value; /* at: from 0 (left) to 1 */
	bool apart;       /* nothing is known between the one before and this one */
};

/* Writes a figure for people, "1.5 GB"; returns buf. */
typedef const char *chart_format(double value, char *buf, size_t size);

/* The next of 1, 2, 5, 10, 20, 50, ... that is not less; at least 1. */
double chart_top(double most);
/*
 * Bars with an axis and a legend; each says its figures when it is pointed at.  `every` nth name is
 * written below.
 */
void chart_bars(struct buf *, const char *summary, const struct chart_bar *, size_t count,
    size_t every, const char *below, const char *above);
/* A line with its area, from 0 to a round number of `least` or more; from and to are the ends of
 * its axis. */
void chart_line(struct buf *, const char *look, const char *summary, const struct chart_point *,
    size_t count, double least, chart_format *, const char *from, const char *to);
/* A line without words, for the eye only: who reads it aloud reads the figure beside it. */
void chart_spark(
    struct buf *, const char *look, const struct chart_point *, size_t count, double top);

#endif
