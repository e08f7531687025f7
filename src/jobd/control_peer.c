#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "base/group.h"
#include "base/log.h"

#include "control_peer.h"
#include "supervisor.h"

#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

static struct peer_groups groups = { -1, -1 };

static int64_t group_or_none(const char *name);
static bool peer_is_member(const struct peer *, int64_t gid);

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
		.is_web = program != NULL && program->conf->role == CONF_ROLE_WEB,
		.is_runner = program != NULL && program->conf->role == CONF_ROLE_RUNNER,
		.is_builtin = program != NULL && program->conf->role != CONF_ROLE_USER,
	};
	return 0;
}

enum permission
peer_permission(const struct peer *peer)
{
	if (peer->uid == 0 || peer->uid == geteuid())
		return PERMISSION_OWN;
	if (peer_is_member(peer, groups.act))
		return PERMISSION_ACT;
	if (peer->is_builtin || peer_is_member(peer, groups.look))
		return PERMISSION_LOOK;
	return PERMISSION_NONE;
}

static bool
peer_is_member(const struct peer *peer, int64_t gid)
{
	static gid_t supplementary[GROUPS_MAX];
	socklen_t len = sizeof(supplementary);

	if (gid == -1)
		return false;
	if (peer->gid == (gid_t)gid)
		return true;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, supplementary, &len) == -1)
		return false;
	for (size_t i = 0; i < len / sizeof(supplementary[0]); i++)
		if (supplementary[i] == (gid_t)gid)
			return true;
	return false;
}

struct peer_groups
peer_find_groups(const struct conf_control *control)
{
	return (struct peer_groups){ .look = group_or_none(control->look_group),
		.act = group_or_none(control->act_group) };
}

void
peer_set_groups(const struct peer_groups *found)
{
	groups = *found;
}

const struct peer_groups *
peer_groups(void)
{
	return &groups;
}

static int64_t
group_or_none(const char *name)
{
	gid_t gid;

	if (name[0] == '\0')
		return -1;
	if (group_find(name, &gid) == 0)
		return gid;
	log_warnx("control: there is no group '%s': nobody is let in by it", name);
	return -1;
}
