/*
 * Stands for the supervisor and the programs when the control socket is tested: programs only take
 * note of what they are asked, and change when the test says so.
 */
#ifndef TESTS_CONTROL_FAKE_H
#define TESTS_CONTROL_FAKE_H

#include <stddef.h>

#include "jobd/supervisor.h"

/* Begins with the programs of the configuration, all at rest, and a listening control socket. */
void fake_begin(struct conf *);

/* What most tests begin with. */
#define FAKE_CONFIG                                                                                \
	"program db { command = \"db\" priority = 1 }\n"                                           \
	"program web { command = \"web\" instances = 2 }\n"                                        \
	"program off { command = \"off\" enabled = no }\n"                                         \
	"job mail { command = \"mail\" }\n"
/* The end of every test, as cmocka calls it. */
int fake_end(void **state);

/* All programs as they were at the beginning, with so many instances at the most. */
void fake_reset(int instances_max);
/* True if some program, or the configuration, still remembers a client. */
bool fake_remembers_clients(void);
/* The path of the control socket. */
const char *fake_path(void);
/* Takes over another configuration, for its limits and groups. */
void fake_accept(struct conf *);

struct program *fake_program(const char *name);
void fake_add(const char *name);
/* Takes it off the list, as after a reload. */
void fake_remove(const char *name);
/* The program gets into the state, and the control socket hears of it if it is one that is told. */
void fake_move(const char *name, enum state);
void fake_timed_out(const char *name);
/* Lets an end of it be known. */
void fake_exit(const char *name, enum exit_reason, int code);

/* The process that supervisor_find_pid() takes for the leader of a program. */
void fake_set_leader(const char *name, pid_t);
void fake_shut_down(void);

/* What was asked since the last call: "start web, stop db, ..." */
const char *fake_asked(void);

/* The reload that is under way: its callback is called with this. */
void fake_plan_done(struct plan *, const char *error);
bool fake_plan_is_asked(void);

#endif
