#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "exec/internal.h"

static bool id_parse(const char *text, int64_t *id);
static void user_find(struct account *, const char *user, bool has_group);
static gid_t group_find(const char *group);

/* True if `text` is a number, which is then never looked up as a name. */
static bool
id_parse(const char *text, int64_t *id)
{
	const char *errstr;

	/* (uid_t)-1 means "leave it" to the system calls. */
	return isdigit((unsigned char)text[0]) &&
	       text_to_int(text, 0, (int64_t)UINT32_MAX - 1, id, &errstr) == 0;
}

static void
user_find(struct account *account, const char *user, bool has_group)
{
	const struct passwd *entry;
	int64_t id = 0;
	bool numeric = id_parse(user, &id);

	errno = 0;
	entry = numeric ? getpwuid((uid_t)id) : getpwnam(user);
	account->user = user;
	if (entry != NULL) {
		/* Copied: initgroups() may use the C library's one buffer for itself. */
		account->uid = entry->pw_uid;
		account->gid = entry->pw_gid;
		account->user = strdup(entry->pw_name);
		account->home = strdup(entry->pw_dir);
		account->shell = strdup(entry->pw_shell[0] != '\0' ? entry->pw_shell : "/bin/sh");
		if (account->user == NULL || account->home == NULL || account->shell == NULL)
			exec_fail(ENOMEM, "user '%s'", user);
		return;
	}
	/* What the C library says where it found no entry: see getpwnam(3). */
	if (errno != 0 && errno != ENOENT && errno != ESRCH && errno != EBADF && errno != EPERM)
		exec_fail(errno, "user '%s'", user);
	if (!numeric)
		exec_fail(0, "no such user '%s'", user);
	if (!has_group)
		exec_fail(0, "uid %s is not in the user data base, so it needs a group", user);
	account->uid = (uid_t)id;
	account->home = "/";
	account->shell = "/bin/sh";
}

static gid_t
group_find(const char *group)
{
	const struct group *entry;
	int64_t id;

	if (id_parse(group, &id))
		return (gid_t)id;
	errno = 0;
	if ((entry = getgrnam(group)) != NULL)
		return entry->gr_gid;
	if (errno != 0 && errno != ENOENT && errno != ESRCH && errno != EBADF && errno != EPERM)
		exec_fail(errno, "group '%s'", group);
	exec_fail(0, "no such group '%s'", group);
}

void
account_find(struct account *account, const struct conf_identity *identity)
{
	bool has_user = identity->user[0] != '\0', has_group = identity->group[0] != '\0';

	account->wanted = has_user || has_group;
	if (has_user)
		user_find(account, identity->user, has_group);
	if (has_group)
		account->gid = group_find(identity->group);
}

void
account_set_environment(const struct account *account, struct environment *environment)
{
	if (account->user == NULL)
		return;
	environment_set_pair(environment, "HOME", account->home);
	environment_set_pair(environment, "USER", account->user);
	environment_set_pair(environment, "LOGNAME", account->user);
	environment_set_pair(environment, "SHELL", account->shell);
}

/* Groups first: without privileges they can't be changed any more. */
void
account_become(const struct account *account)
{
	bool privileged = geteuid() == 0;

	if (!account->wanted)
		return;
	/* A plain user may name itself; its groups are then what they are. */
	if (account->user != NULL && (privileged || account->uid != getuid()) &&
	    initgroups(account->user, account->gid) == -1)
		exec_fail(errno, "can't become user '%s'", account->user);
	if (account->gid != getgid() || privileged)
		if (setresgid(account->gid, account->gid, account->gid) == -1)
			exec_fail(errno, "can't change to group %u", (unsigned int)account->gid);
	if (account->user != NULL && (account->uid != getuid() || privileged))
		if (setresuid(account->uid, account->uid, account->uid) == -1)
			exec_fail(errno, "can't become user '%s'", account->user);
}
