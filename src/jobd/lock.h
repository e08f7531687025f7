/*
 * One copy: a lock per program that its own members hold (an open-file-description lock, see
 * fcntl(2) F_OFD_SETLK), so that it outlives jobd.  A jobd that finds it held ends or adopts the
 * old copy, and never starts a second one beside it.
 */
#ifndef JOBD_LOCK_H
#define JOBD_LOCK_H

#include "program.h"

/* Makes run_dir/lock.  0, or -1 with errno; without it programs run unlocked. */
int lock_open_dir(const char *run_dir);
/* The lock of run_dir itself, against a second jobd.  0; -1 with errno, *holder then the pid of the
 * other, or 0. */
int lock_run_dir(const char *run_dir, pid_t *holder);
void lock_unlock_run_dir(void);

void lock_init(struct program *);
/*
 * Takes the lock for the next start; program_locked() follows, perhaps before this returns.  An old
 * copy is first ended, or adopted: then the program runs.
 */
void lock_acquire(struct program *);
/* The leader was started after `since` (members_ticks_now): notes it in the lock's file and leaves
 * the lock to the members. */
void lock_hand_over(struct program *, uint64_t since);
/* True if somebody holds the program's lock; then `path` is its file, as /proc names it. */
bool lock_is_held(const struct program *, char *path, size_t size);
/* Takes it once more for a start whose first child is gone without having executed. */
bool lock_again(struct program *);
void lock_release(struct program *);

#endif
