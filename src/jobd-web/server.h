/*
 * From libmicrohttpd's callbacks to a handler of the table: limits, rights, what browsers may be
 * made to do, and the log of changes.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <microhttpd.h>

#include "conf/conf.h"

/* The configuration is kept by reference until the next call. */
void server_configure(const struct conf_web *);

/* The callbacks. */
void *server_target(void *arg, const char *target, struct MHD_Connection *);
enum MHD_Result server_handle(void *arg, struct MHD_Connection *, const char *url,
    const char *method, const char *version, const char *data, size_t *data_len, void **request);
void server_done(
    void *arg, struct MHD_Connection *, void **request, enum MHD_RequestTerminationCode);

#endif
