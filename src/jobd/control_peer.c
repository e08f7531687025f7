#include <sys/socket.h>

#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#include "control_peer.h"
#include "supervisor.h"

#define GROUPS_MAX   65536 /* NGROUPS_MAX of Linux */
#define GROUP_BUFFER 65536 /* for the names of all members */

/* The two groups of the configuration; the user data base is asked once for each new name. */
struct group_cache {
	char name[256];
	int64_t gid; /* -1: there is none */
};

static int64_t group_find(const char *name);
static bool peer_is_member(const struct peer *, const char *group);

int
peer_identify(int fd, struct peer *peer)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);
	const struct program *program;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) == -1)
		return -1;
	program = credentials.pid > 0 ? supervisor_find_pid(credentials.pid) : NULL;
	*peer = (struct peer){
		.fd = fd,
		.pid = credentials.pid,
		.uid = credentials.uid,
		.gid = credentials.gid,
		.is_builtin = program != NULL && program->conf->role != CONF_ROLE_USER,
	};
	return 0;
}

enum permission
peer_permission(const struct peer *peer, const struct conf_control *control)
{
	if (peer->uid == 0 || peer->uid == geteuid())
		return PERMISSION_OWN;
	if (peer_is_member(peer, control->act_group))
		return PERMISSION_ACT;
	if (peer->is_builtin || peer_is_member(peer, control->look_group))
		return PERMISSION_LOOK;
	return PERMISSION_NONE;
}

static bool
peer_is_member(const struct peer *peer, const char *group)
{
	static gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	int64_t gid = peer_group(group);

	if (gid == -1)
		return false;
	if (peer->gid == (gid_t)gid)
		return true;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == (gid_t)gid)
			return true;
	return false;
}

/* The one look-up in the user data base that jobd's loop does: once after each change of a name. */
int64_t
peer_group(const char *name)
{
	static struct group_cache caches[2];
	static unsigned count;
	struct group_cache *cache;

	if (name[0] == '\0')
		return -1;
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		if (strcmp(caches[i].name, name) == 0)
			return caches[i].gid;
	cache = &caches[count++ % (sizeof(caches) / sizeof(caches[0]))];
	strlcpy(cache->name, name, sizeof(cache->name));
	cache->gid = group_find(name);
	if (cache->gid == -1)
		log_warnx("control: there is no group '%s': nobody is let in by it", name);
	return cache->gid;
}

static int64_t
group_find(const char *name)
{
	static char buffer[GROUP_BUFFER];
	struct group entry, *group = NULL;
	const char *errstr;
	int64_t number;

	if (text_to_int(name, 0, UINT32_MAX - 1, &number, &errstr) == 0)
		return number;
	if (getgrnam_r(name, &entry, buffer, sizeof(buffer), &group) != 0 || group == NULL)
		return -1;
	return group->gr_gid;
}
