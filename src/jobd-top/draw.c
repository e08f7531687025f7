#include <curses.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "columns.h"
#include "draw.h"
#include "base/human.h"
#include "text.h"

#define HEAD_LINES 4
#define HOURS      24

static bool is_utf8;

int
draw_begin(void)
{
	static const short colours[] = { [LOOK_GOOD] = COLOR_GREEN,
		[LOOK_BUSY] = COLOR_CYAN,
		[LOOK_WARN] = COLOR_YELLOW,
		[LOOK_BAD] = COLOR_RED,
		[LOOK_QUIET] = -1 };

	setlocale(LC_ALL, "");
	is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (newterm(NULL, stdout, stdin) == NULL)
		return -1;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	if (getenv("NO_COLOR") != NULL || start_color() == ERR)
		return 0;
	use_default_colors();
	for (short i = LOOK_GOOD; i <= LOOK_QUIET; i++)
		init_pair(i, colours[i], -1);
	return 0;
}

void
draw_end(void)
{
	endwin();
}

/* In exactly that many columns; wide characters take two. */
static void
put_cell(const char *text, int width, int attributes)
{
	int column = getcurx(stdscr), room = width < 0 ? -width : width, used = 0,
	    y = getcury(stdscr);
	wchar_t wide[TEXT_CELL_MAX], shown[TEXT_CELL_MAX];
	size_t count = mbstowcs(wide, text, TEXT_CELL_MAX - 1), kept = 0;

	if (count == (size_t)-1)
		count = 0;
	while (kept < count) {
		int columns_of = wcwidth(wide[kept]);

		if (used + (columns_of > 0 ? columns_of : 0) > room - 1)
			break;
		used += columns_of > 0 ? columns_of : 0;
		shown[kept] = wide[kept];
		kept++;
	}
	attron(attributes);
	mvaddnwstr(y, width < 0 ? column + room - used : column, shown, (int)kept);
	attroff(attributes);
	move(y, column + room);
}

static void
put_row(const struct column *list, const json_t *row, int64_t since_ms, bool is_chosen)
{
	char text[TEXT_CELL_MAX];
	int left;

	for (; list->head != NULL; list++) {
		int look = list->look != NULL && has_colors() ? COLOR_PAIR(list->look(row)) : 0;

		left = COLS - getcurx(stdscr);
		if (left <= 1)
			break;
		if (list->width == 0 && !list->is_mark)
			put_cell("", 2, 0);
		put_cell(list->text(row, since_ms, text, sizeof(text)),
		    list->width == 0 || list->width > left ? COLS - getcurx(stdscr) : list->width,
		    is_chosen ? 0 : look);
	}
}

static void
put_heads(int y, const struct column *list, bool is_active)
{
	move(y, 0);
	attron(is_active ? A_BOLD | A_UNDERLINE : A_UNDERLINE);
	hline(' ' | (is_active ? A_BOLD | A_UNDERLINE : A_UNDERLINE), COLS);
	for (; list->head != NULL && COLS - getcurx(stdscr) > 1; list++)
		put_cell(list->head, list->width == 0 ? COLS - getcurx(stdscr) : list->width,
		    is_active ? A_BOLD | A_UNDERLINE : A_UNDERLINE);
	attroff(A_BOLD | A_UNDERLINE);
}

static size_t
running_programs(const json_t *programs)
{
	const json_t *program;
	size_t i, count = 0;

	json_array_foreach(programs, i, program) count +=
	    strcmp(member_text(program, "state"), "RUNNING") == 0;
	return count;
}

static void
put_figure(const char *name, int64_t count, int look)
{
	char text[32];

	attron(A_BOLD | (count > 0 && has_colors() ? COLOR_PAIR(look) : 0));
	addstr(human_count(count, text, sizeof(text)));
	attroff(A_BOLD | (count > 0 && has_colors() ? COLOR_PAIR(look) : 0));
	printw(" %s  ", name);
}

static void
put_states(const struct picture *picture)
{
	static const struct {
		const char *state;
		int look;
	} states[] = {
		{"ready",      0        },
                { "running",   LOOK_BUSY},
                { "scheduled", 0        },
                { "blocked",   0        },
		{ "retry",     LOOK_WARN},
                { "dead",      LOOK_BAD }
	};
	const json_t *counts = json_object_get(picture->stats, "states");

	move(1, 0);
	if (picture->stats == NULL) {
		addstr("no scheduler: its part of the configuration is missing, or it does not "
		       "answer");
		return;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		put_figure(states[i].state, member_int(counts, states[i].state), states[i].look);
}

/* A bar for each hour of the last day, the oldest first. */
static void
put_day(const struct picture *picture)
{
	static const wchar_t blocks[] = L" ▁▂▃▄▅▆▇█";
	static const char plain[] = " .:-=+*#@";
	const json_t *hours = json_object_get(picture->stats, "hours"), *hour;
	double ended[HOURS] = { 0 }, most = 0, total = 0, failed = 0;
	struct walltime when, now = walltime_now();
	const char *errstr;
	char text[32];
	size_t i;

	json_array_foreach(hours, i, hour)
	{
		int64_t ago = HOURS;

		if (walltime_parse(member_text(hour, "at"), &when, &errstr) == 0)
			ago = walltime_diff_ms(now, when) / 3600000;
		if (ago < 0 || ago >= HOURS)
			continue;
		ended[HOURS - 1 - ago] =
		    (double)(member_int(hour, "done") + member_int(hour, "failed"));
		failed += (double)member_int(hour, "failed");
	}
	for (i = 0; i < HOURS; i++) {
		total += ended[i];
		most = ended[i] > most ? ended[i] : most;
	}
	mvaddstr(2, 0, "24 h ");
	for (i = 0; i < HOURS; i++) {
		int height = text_height(ended[i], most);

		if (is_utf8)
			addnwstr(&blocks[height], 1);
		else
			addch((chtype)plain[height]);
	}
	printw("  %s ended, %.0f %% failed", human_count((int64_t)total, text, sizeof(text)),
	    total > 0 ? failed * 100 / total : 0);
	if (picture->per_second > 0)
		printw(", now %" PRId64 "/s", picture->per_second);
}

static void
put_head(const struct view *view, const struct picture *picture)
{
	const json_t *programs = picture->lists[LIST_PROGRAMS];
	char text[TEXT_CELL_MAX];

	attron(A_BOLD);
	mvaddstr(0, 0, "jobd ");
	attroff(A_BOLD);
	addstr(text_plain(view->run_dir, text, sizeof(text)));
	printw("   %zu of %zu programs run", running_programs(programs), json_array_size(programs));
	put_states(picture);
	if (picture->stats != NULL)
		put_day(picture);
}

/* Row by row in turn, until there is no more room or nothing is left. */
static void
share_rows(const struct picture *picture, int room, size_t shown[LIST_COUNT])
{
	bool more = true;

	memset(shown, 0, LIST_COUNT * sizeof(*shown));
	while (more && room > 0) {
		more = false;
		for (size_t i = 0; i < LIST_COUNT && room > 0; i++) {
			if (shown[i] == json_array_size(picture->lists[i]))
				continue;
			shown[i]++;
			room--;
			more = true;
		}
	}
}

static int
put_list(struct view *view, const struct picture *picture, size_t list, int y, size_t shown)
{
	int64_t since_ms = monotime_diff_ms(monotime_now(), picture->taken);
	size_t count = json_array_size(picture->lists[list]), row;

	if (view->chosen[list] >= count)
		view->chosen[list] = count > 0 ? count - 1 : 0;
	if (view->first[list] > view->chosen[list])
		view->first[list] = view->chosen[list];
	if (shown > 0 && view->chosen[list] >= view->first[list] + shown)
		view->first[list] = view->chosen[list] - shown + 1;
	if (view->first[list] + shown > count)
		view->first[list] = count - shown;
	put_heads(y++, list_columns[list], list == view->list);
	for (row = view->first[list]; row < view->first[list] + shown; row++, y++) {
		bool is_chosen = list == view->list && row == view->chosen[list];

		if (is_chosen)
			attron(A_REVERSE);
		mvhline(y, 0, ' ' | (is_chosen ? A_REVERSE : 0), COLS);
		move(y, 0);
		put_row(list_columns[list], json_array_get(picture->lists[list], row), since_ms,
		    is_chosen);
		attroff(A_REVERSE);
	}
	return y + 1;
}

static void
put_foot(const struct view *view)
{
	static const char *const keys[LIST_COUNT] = {
		[LIST_PROGRAMS] = "s start  x stop  r restart",
		[LIST_QUEUES] = "p pause or resume",
		[LIST_JOBS] = "c cancel  K kill",
	};
	char text[TEXT_CELL_MAX];

	move(LINES - 1, 0);
	clrtoeol();
	if (view->message[0] != '\0') {
		attron(view->asks ? A_BOLD : 0);
		addnstr(text_plain(view->message, text, sizeof(text)), COLS - 1);
		attroff(A_BOLD);
	} else {
		snprintf(text, sizeof(text), "q quit  Tab 1 2 3 list  arrows row  %s  ? help",
		    keys[view->list]);
		addnstr(text, COLS - 1);
	}
}

static void
put_help(void)
{
	static const char *const lines[] = { "q              ends this",
		"Tab, 1, 2, 3   choose a list", "arrows, j, k   choose a row",
		"PgUp, PgDn     choose one further away",
		"s, x, r        start, stop, restart the program",
		"p              pause or resume the queue", "c, K           cancel, kill the job",
		"Ctrl-L         look at everything anew", "",
		"What can't be undone is asked about: y does it, any other key does not.",
		"It is drawn anew when something happens.", "", "Any key goes back." };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		mvaddnstr((int)i + HEAD_LINES, 2, lines[i], COLS - 3);
}

void
draw_all(struct view *view, const struct picture *picture)
{
	size_t shown[LIST_COUNT];
	int y = HEAD_LINES;

	erase();
	put_head(view, picture);
	if (view->helps) {
		put_help();
		refresh();
		return;
	}
	/* Each list has its heading and a blank line. */
	share_rows(picture, LINES - HEAD_LINES - 1 - 2 * LIST_COUNT, shown);
	for (size_t i = 0; i < LIST_COUNT; i++)
		if (i == LIST_PROGRAMS || picture->stats != NULL)
			y = put_list(view, picture, i, y, shown[i]);
	put_foot(view);
	refresh();
}
