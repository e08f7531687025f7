/*
 * The life of the process: sockets, loop, signals.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

/* run_dir is where jobd's sockets are.  The exit code. */
int web_run(const char *run_dir);

#endif
