/*
 * The certificate and the key of the addresses with TLS: read while we may, shown to the library,
 * and forgotten.  Never says anything on a connection itself.
 */
#ifndef WEB_TLS_H
#define WEB_TLS_H

#include "conf/conf.h"

/* Reads the files if they are named; -1 (logged) if that does not work. */
int tls_load(const struct conf_web *);
/* As text; NULL if none was loaded. */
const char *tls_certificate(void);
const char *tls_key(void);
/* Once the library has them. */
void tls_forget(void);

#endif
