#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "base/group.h"
#include "base/log.h"

/* The supplementary groups as well. */
static bool
is_member(int fd, gid_t primary, const char *name)
{
	gid_t gid, *groups;
	socklen_t len = 0;
	bool found = false;

	if (name[0] == '\0')
		return false;
	if (group_find(name, &gid) == -1) {
		log_warnx("there is no group '%s': it gives nobody a right", name);
		return false;
	}
	if (primary == gid)
		return true;
	/* The first call says how much room the list takes. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == -1 && errno != ERANGE)
		return false;
	if (len == 0 || (groups = malloc(len)) == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (size_t i = 0; i < len / sizeof(*groups) && !found; i++)
			found = groups[i] == gid;
	free(groups);
	return found;
}

enum right
access_right(int fd, const struct conf_control *control, uid_t *uid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return RIGHT_NONE;
	*uid = peer.uid;
	if (peer.uid == 0 || peer.uid == geteuid())
		return RIGHT_OWN;
	if (is_member(fd, peer.gid, control->act_group))
		return RIGHT_ACT;
	if (is_member(fd, peer.gid, control->look_group))
		return RIGHT_LOOK;
	return RIGHT_NONE;
}

bool
access_is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address->sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return six->sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}
