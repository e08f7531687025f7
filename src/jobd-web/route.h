/*
 * The table of everything that can be asked: method, path, who may, and the function that answers.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "request.h"

enum route_kind {
	ROUTE_API,  /* without a right: 401 */
	ROUTE_PAGE, /* without a right: the page to log in */
	ROUTE_HOOK, /* a webhook's: its sender signs, and is no browser */
};

struct route {
	enum method method;
	const char *path; /* {} stands for one segment */
	enum role role;
	enum route_kind kind;
	void (*handler)(struct request *);
};

/*
 * Sets request->route and its parameters. 0, or the status: 404, or 405 with the methods that the
 * path knows in *allow.
 */
unsigned int route_find(struct request *, char *allow, size_t size);

#endif
