/*
 * Small helpers for file descriptors: flags, whole writes, and passing descriptors over unix
 * sockets.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* The most descriptors that go with one message. */
#define FD_PASS_MAX 4

/* Return 0, or -1 with errno. */
int fd_set_nonblocking(int fd, bool on);
int fd_set_cloexec(int fd, bool on);
/* close(2) if fd is not negative; keeps errno. */
void fd_close(int fd);
/* Closes *fd and sets it to -1; keeps errno. */
void fd_clear(int *fd);
/* A connection to a unix socket, non-blocking and close-on-exec; -1 with errno.  It is made at once
 * or not at all: a full backlog is EAGAIN. */
int fd_connect_unix(const char *path);
/* Writes everything to a blocking descriptor; 0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t len);

/* Sends one message with up to FD_PASS_MAX descriptors; 0, or -1 with errno (EAGAIN included). */
int fd_send(int sock, const void *data, size_t len, const int *fds, size_t fd_count);
/*
 * Receives one message into data; *fd_count says how many descriptors came (close-on-exec, now the
 * caller's). Returns its length, 0 at the end, or -1 with errno; a message cut off by a too small
 * buffer is EMSGSIZE.
 */
ssize_t fd_receive(int sock, void *data, size_t size, int *fds, size_t *fd_count);

#endif
