/*
 * TCP addresses as they are written, "127.0.0.1:8000", "[::1]:8000", "localhost:8000" or "8000",
 * turned into what connect(2) takes.  Asks no name server.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <sys/socket.h>

/* A bare port is one of the loopback address.  0, or -1 with *errstr, which goes behind the text.
 */
int address_parse(const char *text, struct sockaddr_storage *, socklen_t *len, const char **errstr);

#endif
