/*
 * One client of the control socket: its buffers, and the reply that is being made for it.  For
 * control.c and the verbs only; a client lives in a fixed table and owns no memory but what stands
 * here.
 */
#ifndef JOBD_CONTROL_CLIENT_H
#define JOBD_CONTROL_CLIENT_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "proto/request.h"
#include "proto/verbs.h"

#include "control_peer.h"
#include "supervisor.h"

#define CONTROL_OUT_SIZE ((size_t)32768)
/* Room that a handler finds in the output for its first reply, and that holds any row. */
#define CONTROL_REPLY_MAX ((size_t)8192)

enum reply_step {
	REPLY_DONE,
	REPLY_FULL,  /* goes on when the client has taken some of the output */
	REPLY_WAITS, /* goes on after client_wake() */
};

struct control_client;

/* Makes the next part of a reply; called until it says REPLY_DONE. */
typedef enum reply_step reply_more(struct control_client *);

/* The request that is being answered. */
struct reply {
	reply_more *more;
	const struct control_verb *verb;
	struct request request;        /* points into the client's line */
	size_t items_left;             /* of the array that was announced */
	uint64_t missing;              /* bit n: the n-th word means no program */
	bool no_wait;                  /* wait=0 */
	bool late;                     /* a result came when there was no room for it */
	int64_t seq;                   /* EVENTS: the next one */
	bool inner;                    /* EVENTS: inner ones too */
	int signum;                    /* SIGNAL */
	struct generation *generation; /* CONFIG: a reference */
	size_t offset;                 /* CONFIG: what is sent of it; PLAN: the next item */
	struct plan *plan;             /* PLAN, RELOAD: ours */
	bool plan_done;
};

struct control_client {
	int slot; /* its place in the table and its bit in program.asked and program.waiters */
	uint64_t serial; /* no two clients have the same */
	struct peer peer;
	struct event read_event, write_event, deadline, resume;
	struct monotime quiet_since; /* the last whole request, or the last byte that it took */
	bool input_ended, broken, closing;
	bool waits; /* the reply does, for something that is not the client's business */
	char *in, *out;
	size_t in_start, in_end; /* of what was not looked at yet */
	size_t out_start, out_end;
	struct reply reply;
};

struct control_verb {
	const char *name;
	enum permission permission;
	size_t args_min, args_max;
	const char *const *options; /* NULL-ended */
	bool json;
	void (*handler)(struct control_client *);
	const char *usage;
};

static inline uint64_t
client_bit(const struct control_client *client)
{
	return UINT64_C(1) << client->slot;
}

/* Answers, sends and reads as far as it goes without waiting. */
void client_turn(struct control_client *);
/* It has said or taken nothing for too long. */
void client_overdue(struct control_client *);
void client_drop(struct control_client *);

/* Free bytes of the output. */
size_t client_room(struct control_client *);
/* Each adds an item to the output; nothing is added if it does not fit. */
void client_add_ok(struct control_client *, const char *text);
void client_add_error(struct control_client *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void client_add_array(struct control_client *, size_t count);
/* JSON text as the writers of control_rows.h return it; counts as one of items_left. */
void client_add_row(struct control_client *, const char *text, int64_t len);
/* Raw bytes, as many as fit; returns how many. */
size_t client_add_bytes(struct control_client *, const char *data, size_t len);
/* Fills up the announced array with $-1: programs went away while it was made. */
bool client_pad(struct control_client *);
/* Has its reply continued soon, from the loop. */
void client_wake(struct control_client *);
/* NULL if that client is gone. */
struct control_client *client_find(uint64_t serial);

/* Answers one line, or begins to. */
void control_dispatch(struct control_client *, char *line);
/* Ends what the verbs hold for a client. */
void control_forget(struct control_client *);
/* The result of a program that the client waits for. */
void action_result(struct control_client *, struct program *, bool timed_out);
/* True if the client follows the events. */
bool control_follows(const struct control_client *);

/* Marks the programs that the words of the request mean and notes the words that mean none; returns
 * the number of both. */
size_t client_select(struct control_client *);
/* The next program that is marked, or NULL. */
struct program *client_next_asked(struct control_client *);
/* Adds an item for each word that means nothing; false if there was no room for all. */
bool client_add_missing(struct control_client *);

/* The handlers of control_action.c. */
void action_begin(struct control_client *);
void action_begin_signal(struct control_client *);
void action_begin_scale(struct control_client *);

/* The handlers of control_health.c. */
void health_begin_report(struct control_client *);
void health_begin_expel(struct control_client *);

/* The handlers of control_config.c. */
void config_begin(struct control_client *);
void config_begin_plan(struct control_client *);

#endif
