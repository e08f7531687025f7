#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/group.h"
#include "base/log.h"

#include "privilege.h"

#define NOBODY      "nobody"
#define NOBODY_UID  65534 /* where there is no user data base */
#define PROCESS_MAX 0

int
privilege_drop(const char *group)
{
	const struct rlimit none = { PROCESS_MAX, PROCESS_MAX };
	const struct passwd *nobody;
	uid_t uid = NOBODY_UID;
	gid_t gid;

	if (geteuid() == 0) {
		if ((nobody = getpwnam(NOBODY)) != NULL)
			uid = nobody->pw_uid;
		if (group_find(group, &gid) == -1) {
			log_errx("there is no group '%s' (control.act_group)", group);
			return -1;
		}
		if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
		    setresuid(uid, uid, uid) == -1) {
			log_err("can't become '" NOBODY "'");
			return -1;
		}
	}
	/* It runs nothing, so it need not be able to. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || setrlimit(RLIMIT_NPROC, &none) == -1) {
		log_err("can't give up privileges");
		return -1;
	}
	return 0;
}
