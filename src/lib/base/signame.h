/*
 * Signal names: "TERM", "SIGTERM" and numbers in, "SIGTERM" out.
 */
#ifndef BASE_SIGNAME_H
#define BASE_SIGNAME_H

/* The signal's number, or -1 with *errstr set; upper or lower case, with or without SIG, or a
 * number. */
int signame_parse(const char *text, const char **errstr);
/* "SIGTERM"; real-time and unknown signals as "SIG34".  The text stays valid until the next call.
 */
const char *signame_text(int signum);

#endif
