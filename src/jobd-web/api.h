/*
 * What the functions of the API share: words that may go into a request line, bodies, lists.
 */
#ifndef WEB_API_H
#define WEB_API_H

#include <jansson.h>

#include "request.h"

/* The first {} of the path, if it may stand as a word in a request line; else NULL, answered 404.
 */
const char *api_name(struct request *);
/* The same for the name of a program, perhaps with ":2". */
const char *api_program_name(struct request *);
/* The body, which must be a JSON object; NULL: answered 400.  An empty one is an empty object. */
json_t *api_object(struct request *);
/* False: a member is none of the NULL-ended `known`; answered 422. */
bool api_members_are(struct request *, const json_t *object, const char *const *known);
/* False: a parameter of the query is none of them; answered 400. */
bool api_query_is(struct request *, const char *const *known);
/* "VERB NAME" to the queue, the name that of the path, and then. */
void api_ask_name(struct request *, const char *verb, void (*then)(struct request *));
/* "VERB {json}" to the queue; the JSON is freed. */
void api_ask_json(struct request *, enum upstream_socket, const char *verb, json_t *);
/* "VERB {body}" to the queue, the name of the path being its member `key`, and then. */
void api_ask_change(struct request *, const char *verb, const char *key, const char *const *known,
    void (*then)(struct request *));

/* Says where the answer's new thing is: path is that of its kind, with a slash at its end. */
void api_location(struct request *, const char *path, const char *name);

/* Continuations: */

/* {"NAME":[items of reply 0 as they are]}, NAME being request->state. */
void api_then_list(struct request *);
/* Reply 0 as it is. */
void api_then_one(struct request *);
/* The first item of the list of reply 0; 404 without one. */
void api_then_first(struct request *);
/* 204 if reply 0 is good. */
void api_then_nothing(struct request *);
/* Asks and then answers with a list of that name. */
void api_list(struct request *, const char *name, enum upstream_socket, const char *line);

/* Writes a job as the queue gave it, with its "id" and "type" in front, as a push names them. */
void api_put_job(struct buf *, const char *text, size_t len);
/* The same behind the opening brace. */
void api_put_members(struct buf *, const char *text, size_t len);

#endif
