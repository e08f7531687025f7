/*
 * Tells whoever supervises us how we are, in the protocol of sd_notify(3), over the socket named by
 * NOTIFY_SOCKET.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/* Sends e.g. "READY=1\nSTATUS=listening".  0 also where nobody wants to know; -1 with errno if it
 * could not be sent. */
int notify_send(const char *message);

#endif
