#include <stdio.h>
#include <stdlib.h>

#include "jobctl/jid.h"

#define JID_BYTES ((size_t)(JID_TEXT_MAX - 1) / 2)

void
jid_new(char jid[JID_TEXT_MAX])
{
	unsigned char bytes[JID_BYTES];

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(jid + 2 * i, JID_TEXT_MAX - 2 * i, "%02x", bytes[i]);
}
