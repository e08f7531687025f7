/*
 * One process as /proc tells about it.  Never allocates; a process that ended meanwhile is not an
 * error but a false.
 */
#ifndef MEMBERS_PROCESS_H
#define MEMBERS_PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct process {
	pid_t pid, parent, group, session;
	bool
	    exiting; /* it has let go of its memory, its environment included, but is still there */
	bool zombie; /* nothing of it runs any more */
};

/* Room for a line of /proc/PID/stat. */
#define PROCESS_STAT_MAX 1024
/* That line from behind the command's name on, " S 1 ..." (proc(5)), in buf; NULL if there is none.
 */
const char *process_stat(pid_t, char *buf, size_t size);
bool process_read(pid_t, struct process *);
/* Is this "NAME=value" in the environment that it was executed with? */
bool process_has_tag(pid_t, const char *tag);
/* Has it this file open, as its links in /proc name it?  Touches no file system but /proc. */
bool process_has_file(pid_t, const char *path);

/* False ends the walk. */
typedef bool (*process_visit)(pid_t, void *arg);

/*
 * Visits the children of all threads of a process, of our own with pid 0.  False if the kernel has
 * no such list (CONFIG_PROC_CHILDREN).  For our own it is complete; those of others may come and go
 * while it is read.
 */
bool process_each_child(pid_t, process_visit, void *arg);
void process_each(process_visit, void *arg);

#endif
