/*
 * What one value alone can't tell: options that must fit together, names that must exist, orders
 * that must not go round in circles, schedules.  Pure but for the time zone database.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/blocks.h"
#include "conf/conf.h"
#include "conf/errors.h"

void check_program(const struct conf_program *, const struct block *, struct errors *);
/* The section `check` of a program, and what goes with it. */
void check_guard(const struct conf_program *, const struct block *, struct errors *);
void check_job(const struct conf_job *, const struct conf *, const struct block *, struct errors *);
/* The sections `outbox`: that there is a database, and statements that go together. */
void check_outboxes(const struct conf *, const struct blocks *, struct errors *);
/* The sections `scheduler` and `smtp`. */
void check_queue_side(const struct conf *, const struct blocks *, struct errors *);
/* The section `http`: nobody listens to the world without asking who it is. */
void check_web(const struct conf *, const struct blocks *, struct errors *);
/* The sections `webhook`: paths that do not clash, secrets, what goes with which scheme. */
void check_webhooks(const struct conf *, const struct blocks *, struct errors *);
/* That the mails of jobs have a server and a sender. */
void check_mail_server(const struct conf *, const struct blocks *, struct errors *);
/* The sections `alerts`, `alert` and `notify`: that their jobs exist. */
void check_alerts(const struct conf *, const struct blocks *, struct errors *);
/* Not both a text and a file with it. */
void check_both(const struct block *, const char *option, const char *text, const char *file_option,
    const char *file, struct errors *);
/* Not an option that means nothing without another one. */
void check_needs(const struct block *, const char *option, const char *text, const char *other,
    bool is_set, struct errors *);
/* A command that can be split into words, or, for a shell, is not empty. */
void check_command(
    const struct block *, const char *option, const char *command, bool shell, struct errors *);
/* A zone of the option `timezone`; false if it is wrong. */
bool check_timezone(const struct block *, const char *timezone, struct errors *);
void check_conf(const struct conf *, const struct blocks *, struct errors *);
/* That the programs of `after` and `requires` exist and do not wait for each other. */
void check_order(const struct conf *, const struct blocks *, struct errors *);

#endif
