/*
 * The file contrib/postgresql/outbox.sql as text, made from it when jobctl is built: who has only
 * the program, as in a container, has it too.
 */
#ifndef JOBCTL_OUTBOX_SQL_H
#define JOBCTL_OUTBOX_SQL_H

extern const char outbox_sql[];

#endif
