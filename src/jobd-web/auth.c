#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"

#include "auth.h"
#include "hash.h"

#define SESSIONS_MAX  64
#define SESSION_MS    (12LL * 3600 * 1000)
#define ATTEMPTS_MAX  64
#define ATTEMPT_MS    (60LL * 1000) /* so long an attempt counts */
#define ATTEMPT_COUNT 5             /* wrong ones from one address, or of one name, in that time */
#define ATTEMPT_ALL   30            /* of everybody: each costs time */

struct person {
	char name[65];
	enum role role;
	char tag[AUTH_TAG_MAX + 1];
	char *hash;
};

struct token {
	char name[65];
	enum role role;
	char tag[AUTH_TAG_MAX + 1];
	unsigned char hash[HASH_LEN];
};

struct session {
	unsigned char hash[HASH_LEN]; /* of its key: the key itself is only in the cookie */
	char name[65];
	struct monotime end;
};

struct attempt {
	char name[65], address[64];
	struct monotime at;
};

static struct {
	struct person *people;
	struct token *tokens;
	size_t person_count, token_count;
	struct session sessions[SESSIONS_MAX];
	struct attempt attempts[ATTEMPTS_MAX];
	size_t next_attempt;
} auth;

static const char *const role_words[] = { "none", "look", "operate", "admin" };

const char *
role_word(enum role role)
{
	return role_words[role];
}

static void
digest(const char *text, unsigned char hash[HASH_LEN])
{
	hash_text(text, strlen(text), hash);
}

/* "NAME ROLE [tag=TAG] REST": what lib/conf has looked at already. */
static const char *
take_words(const char *text, char name[65], enum role *role, char tag[AUTH_TAG_MAX + 1])
{
	size_t len = strcspn(text, " ");

	snprintf(name, 65, "%.*s", (int)len, text);
	text += len + (text[len] != '\0');
	len = strcspn(text, " ");
	*role = ROLE_NONE;
	for (enum role found = ROLE_LOOK; found <= ROLE_ADMIN; found++)
		if (strlen(role_words[found]) == len && strncmp(role_words[found], text, len) == 0)
			*role = found;
	text += len + (text[len] != '\0');
	tag[0] = '\0';
	len = strcspn(text, " ");
	if (strncmp(text, "tag=", 4) != 0 || text[len] == '\0')
		return text;
	snprintf(tag, AUTH_TAG_MAX + 1, "%.*s", (int)len - 4, text + 4);
	return text + len + 1;
}

static void
read_hash(const char *text, unsigned char hash[HASH_LEN])
{
	if (strncmp(text, "sha256:", 7) != 0) {
		digest(text, hash);
		return;
	}
	for (size_t i = 0; i < HASH_LEN; i++) {
		char digits[3] = { text[7 + 2 * i], text[8 + 2 * i], '\0' };

		hash[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
}

static size_t
list_length(char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return count;
}

static const struct person *
find_person(const char *name)
{
	for (size_t i = 0; i < auth.person_count; i++)
		if (strcmp(auth.people[i].name, name) == 0)
			return &auth.people[i];
	return NULL;
}

static void
forget_all(struct person *people, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(people[i].hash);
	free(people);
}

void
auth_configure(const struct conf_web *conf)
{
	struct person *before = auth.people;
	size_t before_count = auth.person_count;

	free(auth.tokens);
	auth.token_count = list_length(conf->tokens);
	auth.person_count = list_length(conf->users);
	auth.tokens = calloc(auth.token_count + 1, sizeof(*auth.tokens));
	auth.people = calloc(auth.person_count + 1, sizeof(*auth.people));
	if (auth.tokens == NULL || auth.people == NULL)
		fatalx("out of memory");
	for (size_t i = 0; i < auth.token_count; i++)
		read_hash(take_words(conf->tokens[i], auth.tokens[i].name, &auth.tokens[i].role,
			      auth.tokens[i].tag),
		    auth.tokens[i].hash);
	for (size_t i = 0; i < auth.person_count; i++) {
		const char *hash = take_words(
		    conf->users[i], auth.people[i].name, &auth.people[i].role, auth.people[i].tag);

		if ((auth.people[i].hash = strdup(hash)) == NULL)
			fatalx("out of memory");
	}
	/* A new password ends what was begun with the old one. */
	for (size_t i = 0; i < before_count; i++) {
		const struct person *now = find_person(before[i].name);

		for (size_t s = 0; s < SESSIONS_MAX; s++)
			if (strcmp(auth.sessions[s].name, before[i].name) == 0 &&
			    (now == NULL || strcmp(now->hash, before[i].hash) != 0))
				auth.sessions[s] = (struct session){ 0 };
	}
	forget_all(before, before_count);
}

bool
auth_is_open(void)
{
	return auth.person_count == 0 && auth.token_count == 0;
}

bool
auth_has_users(void)
{
	return auth.person_count > 0;
}

/* Each token is compared, so that the time says nothing. */
bool
auth_by_token(const char *authorization, struct identity *identity)
{
	unsigned char hash[HASH_LEN];
	bool found = false;

	if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	digest(authorization + 7 + strspn(authorization + 7, " "), hash);
	for (size_t i = 0; i < auth.token_count; i++) {
		if (CRYPTO_memcmp(hash, auth.tokens[i].hash, HASH_LEN) != 0 || found)
			continue;
		found = true;
		identity->role = auth.tokens[i].role;
		identity->by_cookie = false;
		strlcpy(identity->name, auth.tokens[i].name, sizeof(identity->name));
		strlcpy(identity->tag, auth.tokens[i].tag, sizeof(identity->tag));
	}
	return found;
}

/* The session of the cookie, or NULL. */
static struct session *
find_session(const char *cookie)
{
	unsigned char hash[HASH_LEN];
	char key[AUTH_KEY_LEN + 1];
	const char *at = cookie;
	struct monotime now = monotime_now();

	while (at != NULL && strncmp(at, AUTH_COOKIE "=", sizeof(AUTH_COOKIE)) != 0)
		at = (at = strchr(at, ';')) != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
	if (at == NULL)
		return NULL;
	at += sizeof(AUTH_COOKIE);
	if (strcspn(at, "; ") != AUTH_KEY_LEN)
		return NULL;
	strlcpy(key, at, sizeof(key));
	digest(key, hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (auth.sessions[i].name[0] != '\0' && auth.sessions[i].end.us > now.us &&
		    CRYPTO_memcmp(hash, auth.sessions[i].hash, HASH_LEN) == 0)
			return &auth.sessions[i];
	return NULL;
}

bool
auth_by_cookie(const char *cookie, struct identity *identity)
{
	const struct session *session = find_session(cookie);
	const struct person *person = session != NULL ? find_person(session->name) : NULL;

	if (person == NULL)
		return false;
	identity->role = person->role;
	identity->by_cookie = true;
	strlcpy(identity->name, person->name, sizeof(identity->name));
	strlcpy(identity->tag, person->tag, sizeof(identity->tag));
	return true;
}

static int
attempts_wait(const char *name, const char *address)
{
	struct monotime now = monotime_now();
	int of_name = 0, of_address = 0, of_all = 0;
	int64_t oldest_ms = 0;

	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		const struct attempt *attempt = &auth.attempts[i];
		int64_t age_ms = monotime_diff_ms(now, attempt->at);

		if (!monotime_is_set(attempt->at) || age_ms >= ATTEMPT_MS)
			continue;
		of_all++;
		of_name += strcmp(attempt->name, name) == 0;
		of_address += strcmp(attempt->address, address) == 0;
		oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
	}
	if (of_name < ATTEMPT_COUNT && of_address < ATTEMPT_COUNT && of_all < ATTEMPT_ALL)
		return 0;
	return (int)((ATTEMPT_MS - oldest_ms) / 1000) + 1;
}

static void
attempt_add(const char *name, const char *address)
{
	struct attempt *attempt = &auth.attempts[auth.next_attempt++ % ATTEMPTS_MAX];

	strlcpy(attempt->name, name, sizeof(attempt->name));
	strlcpy(attempt->address, address, sizeof(attempt->address));
	attempt->at = monotime_now();
}

/* An unknown name takes as long as a wrong password. */
static bool
is_password(const struct person *person, const char *password)
{
	static const char nobody[] =
	    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";
	const char *hash = person != NULL ? person->hash : nobody;
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made = data != NULL ? crypt_rn(password, hash, data, sizeof(*data)) : NULL;
	bool same = made != NULL && strlen(made) == strlen(hash) &&
		    CRYPTO_memcmp(made, hash, strlen(hash)) == 0;

	freezero(data, sizeof(*data));
	return same && person != NULL;
}

static struct session *
session_place(void)
{
	struct session *oldest = &auth.sessions[0];

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (auth.sessions[i].end.us < oldest->end.us)
			oldest = &auth.sessions[i];
	return oldest;
}

enum auth_result
auth_login(const char *name, const char *password, const char *address, char key[AUTH_KEY_LEN + 1],
    int *wait_sec)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const struct person *person = find_person(name);
	struct session *session = session_place();

	if ((*wait_sec = attempts_wait(name, address)) > 0)
		return AUTH_LATER;
	if (!is_password(person, password)) {
		attempt_add(name, address);
		return AUTH_WRONG;
	}
	for (size_t i = 0; i < AUTH_KEY_LEN; i++)
		key[i] = letters[arc4random_uniform(64)];
	key[AUTH_KEY_LEN] = '\0';
	digest(key, session->hash);
	strlcpy(session->name, person->name, sizeof(session->name));
	session->end = monotime_add_ms(monotime_now(), SESSION_MS);
	return AUTH_OK;
}

void
auth_logout(const char *cookie)
{
	struct session *session = find_session(cookie);

	if (session != NULL)
		*session = (struct session){ 0 };
}
