/*
 * The password's part of the handshake: a salt and a number of rounds that the server gives, and
 * the hash by which a client proves that it knows the password.  Pure but for the random numbers.
 */
#ifndef SCHEDULER_CHALLENGE_H
#define SCHEDULER_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

#define CHALLENGE_SALT_SIZE 17 /* hexadecimal digits and NUL */
#define CHALLENGE_HASH_SIZE 65

struct challenge {
	int rounds;
	char salt[CHALLENGE_SALT_SIZE];
};

void challenge_new(struct challenge *);
/*
 * Writes the answer in small hexadecimal digits: SHA-256 of password and salt, and then of the hash
 * before, `rounds` times in all.  0, or -1 if the library has no memory.
 */
int challenge_answer(
    const struct challenge *, const char *password, char hash[CHALLENGE_HASH_SIZE]);
/* Takes the same time for every wrong hash.  Clients before version 2 hash once. */
bool challenge_is_met(
    const struct challenge *, const char *password, int version, const char *hash);

#endif
