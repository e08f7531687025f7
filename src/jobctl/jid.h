/*
 * What every pushed job needs: an id that nobody else has.
 */
#ifndef JOBCTL_JID_H
#define JOBCTL_JID_H

#define JID_TEXT_MAX 25

void jid_new(char jid[JID_TEXT_MAX]);

#endif
