/*
 * Who asks, and what that one may do: bearer tokens, people with passwords and their sessions, or
 * everybody where nobody is configured.  Never looks at a path.
 */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Each includes the ones before. */
enum role { ROLE_NONE, ROLE_LOOK, ROLE_OPERATE, ROLE_ADMIN };

#define AUTH_TAG_MAX 100

struct identity {
	enum role role;
	char name[65];
	char tag[AUTH_TAG_MAX + 1]; /* what he sees must carry it; "": everything */
	bool by_cookie;             /* sent by a browser whether its user wants it or not */
};

#define AUTH_COOKIE  "jobd_session"
#define AUTH_KEY_LEN 43 /* of a session's key in its cookie */

/* Takes over what the configuration says; sessions of people who are gone or changed end. */
void auth_configure(const struct conf_web *);
/* Nobody is configured: all who reach us may do everything. */
bool auth_is_open(void);
bool auth_has_users(void);
const char *role_word(enum role);

/* The token of "Authorization: Bearer TOKEN" (the header's value, or NULL). */
bool auth_by_token(const char *authorization, struct identity *);
/* The session of the header "Cookie" (its value, or NULL). */
bool auth_by_cookie(const char *cookie, struct identity *);
/*
 * Checks the password and begins a session: its key, for the cookie.  Attempts are limited by name,
 * by address and altogether: AUTH_LATER with what is left to wait, without looking at the password.
 */
enum auth_result { AUTH_OK, AUTH_WRONG, AUTH_LATER };
enum auth_result auth_login(const char *name, const char *password, const char *address,
    char key[AUTH_KEY_LEN + 1], int *wait_sec);
void auth_logout(const char *cookie);

#endif
