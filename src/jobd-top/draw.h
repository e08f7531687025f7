/*
 * The screen: three lists below each other, figures above, keys below.  Never asks for anything.
 */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "picture.h"

struct view {
	enum picture_list list;    /* the one that keys are for */
	size_t chosen[LIST_COUNT]; /* rows */
	size_t first[LIST_COUNT];  /* on the screen */
	const char *run_dir;
	char message[256]; /* at the bottom: a question, or what came of a key */
	bool asks, helps;
};

/* -1: the terminal can't do it. */
int draw_begin(void);
void draw_end(void);
void draw_all(struct view *, const struct picture *);

#endif
