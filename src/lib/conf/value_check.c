#include <sys/un.h>

#include <ctype.h>
#include <signal.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"
#include "conf/json_syntax.h"
#include "conf/value.h"

static size_t variable_len(const char *text);
static bool is_tcp_address(const char *text);

/* The length of the variable's name in front of '=', 0 if it is not one. */
static size_t
variable_len(const char *text)
{
	size_t len = 0;

	if (isdigit((unsigned char)text[0]))
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return text[len] == '=' ? len : 0;
}

const char *
value_check_name(const char *text)
{
	return text_is_name(text) ? NULL : "is not a name of letters, digits, '_', '-' and '.'";
}

const char *
value_check_environment(const char *text)
{
	return variable_len(text) > 0 ? NULL : "is not written NAME=value";
}

const char *
value_check_environment_file(const char *text)
{
	return strcmp(text, "-") != 0 ? NULL : "names no file";
}

/* What jobd does with the other signals is its own business. */
const char *
value_check_forward(const char *text)
{
	static const int forwarded[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM };
	char rule[200], *target = rule, *name, *sent;
	const char *errstr;
	int signum;

	if (strlcpy(rule, text, sizeof(rule)) >= sizeof(rule))
		return "is too long";
	name = strsep(&target, "=");
	if (target == NULL || target[0] == '\0' || target[0] == '/')
		return "is not written SIGNAL=PROGRAM or SIGNAL=PROGRAM/SIGNAL";
	if ((sent = strrchr(target, '/')) != NULL && signame_parse(sent + 1, &errstr) == -1)
		return "names a signal that does not exist";
	signum = signame_parse(name, &errstr);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		if (signum == forwarded[i])
			return NULL;
	return "does not begin with one of HUP, USR1, USR2, WINCH and ALRM";
}

const char *
value_check_secret(const char *text)
{
	size_t len = variable_len(text);

	return len > 0 && text[len + 1] == '/' ? NULL : "is not written NAME=/PATH";
}

/* "HOST:PORT" with a host that may be empty or '*' (all addresses), a name, IPv4, or [IPv6]. */
static bool
is_tcp_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *errstr;
	int64_t port;

	if (colon == NULL || text_to_int(colon + 1, 1, 65535, &port, &errstr) == -1)
		return false;
	if (text[0] == '[')
		return colon - text > 3 && colon[-1] == ']' &&
		       strspn(text + 1, "0123456789abcdefABCDEF:.%") == (size_t)(colon - text - 2);
	for (; text < colon; text++)
		if (!isalnum((unsigned char)*text) && strchr("-._*", *text) == NULL)
			return false;
	return true;
}

const char *
value_check_listen(const char *text)
{
	if (strncmp(text, "unix:/", 6) == 0) {
		if (strlen(text + 5) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return "is too long for the path of a socket";
		return NULL;
	}
	if (strncmp(text, "tcp://", 6) == 0 && is_tcp_address(text + 6))
		return NULL;
	return "is not written tcp://HOST:PORT or unix:/PATH";
}

const char *
value_check_log(const char *text)
{
	return text[strlen(text) - 1] != '/' ? NULL : "is a directory, not a log file";
}

const char *
value_check_args(const char *text)
{
	return json_is_array(text) ? NULL : "is not a JSON array such as [\"a\", 1]";
}
