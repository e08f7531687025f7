/*
 * Gives up what a program that speaks with the world must not have: root's user, its groups and
 * capabilities, and the means to get more.
 */
#ifndef WEB_PRIVILEGE_H
#define WEB_PRIVILEGE_H

/* As root: becomes nobody, with the one group that jobd's sockets let in.  0, or -1 (logged). */
int privilege_drop(const char *group);

#endif
