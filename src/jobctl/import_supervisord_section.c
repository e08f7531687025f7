#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/import_supervisord.h"
#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

/* clang-format off */
static const struct import_key program_keys[] = {
	{ "command",                 "command",         import_value_text },
	{ "directory",               "directory",       import_value_text },
	{ "user",                    "user",            import_value_text },
	{ "umask",                   "umask",           import_value_word },
	{ "environment",             "environment",     import_value_environment },
	{ "priority",                "priority",        import_value_word },
	{ "autostart",               "autostart",       import_value_boolean },
	{ "autorestart",             "restart",         import_value_restart },
	{ "startsecs",               "start_seconds",   import_value_seconds },
	{ "startretries",            "start_retries",   import_value_word },
	{ "exitcodes",               "exit_codes",      import_value_codes },
	{ "stopsignal",              "stop_signal",     import_value_signal },
	{ "stopwaitsecs",            "stop_timeout",    import_value_seconds },
	{ "stopasgroup",             "stop_mode",       import_value_group },
	{ "killasgroup",             NULL,              NULL }, /* always */
	{ "numprocs",                "instances",       import_value_word },
	{ "numprocs_start",          NULL,              NULL }, /* 1 */
	{ "process_name",            NULL,              NULL }, /* NAME:1, NAME:2 */
	{ "redirect_stderr",         "redirect_stderr", import_value_boolean },
	{ "stdout_logfile",          "stdout_log",      import_value_log },
	{ "stdout_logfile_maxbytes", "logfile_maxbytes", import_value_size },
	{ "stdout_logfile_backups",  "logfile_backups", import_value_word },
	{ "stdout_syslog",           "log_to_syslog",   import_value_syslog },
	{ "stderr_logfile",          "stderr_log",      import_value_log },
	{ "stderr_logfile_maxbytes", NULL,              NULL }, /* one for both */
	{ "stderr_logfile_backups",  NULL,              NULL },
	{ "stderr_syslog",           NULL,              NULL },
	{ "socket",                  "listen",          import_value_socket },
	{ NULL, NULL, NULL },
};

static const struct import_key daemon_keys[] = {
	{ "childlogdir",      "log_dir",     import_value_text },
	{ "loglevel",         "log_level",   import_value_level },
	{ "environment",      "environment", import_value_environment },
	{ "logfile",          NULL, NULL }, /* see import_supervisord_daemon() */
	{ "logfile_maxbytes", NULL, NULL },
	{ "logfile_backups",  NULL, NULL },
	{ "pidfile",          NULL, NULL },
	{ "nodaemon",         NULL, NULL },
	{ "silent",           NULL, NULL },
	{ "nocleanup",        NULL, NULL },
	{ "strip_ansi",       NULL, NULL },
	{ "identifier",       NULL, NULL },
	{ "directory",        NULL, NULL }, /* nothing, unless it made itself a daemon */
	{ "umask",            NULL, NULL },
	{ NULL, NULL, NULL },
};
/* clang-format on */

static const struct import_key *find_key(const struct import_key *, const char *key);

void
import_supervisord_program(struct import *import, const char *name, const struct import_pair *pairs)
{
	import_open(import, "program", name);
	import_pairs(import, name, pairs, program_keys);
	import_close(import);
}

/* Its own log is jobd.log in log_dir. */
void
import_supervisord_daemon(struct import *import, const char *name, const struct import_pair *pairs)
{
	const char *logfile = import_pair_find(pairs, "logfile");

	import_pairs(import, name, pairs, daemon_keys);
	if (logfile != NULL && strchr(logfile, '/') != NULL && strncmp(logfile, "/dev/", 5) != 0 &&
	    import_pair_find(pairs, "childlogdir") == NULL) {
		char *path = import_expand(import, name, logfile);

		if (path != NULL)
			import_text(import, "log_dir", dirname(path));
		free(path);
	}
}

void
import_pairs(struct import *import, const char *section, const struct import_pair *pairs,
    const struct import_key *keys)
{
	for (; pairs->key != NULL; pairs++) {
		const struct import_key *key = find_key(keys, pairs->key);
		char *value;

		if (key != NULL && key->convert == NULL)
			continue;
		value = import_expand(import, section, pairs->value);
		if (value == NULL)
			return;
		if (key != NULL)
			key->convert(import, key->option, value);
		else
			import_value_look(import, pairs->key, value);
		free(value);
	}
}

static const struct import_key *
find_key(const struct import_key *keys, const char *key)
{
	for (; keys->key != NULL; keys++)
		if (strcmp(keys->key, key) == 0)
			return keys;
	return NULL;
}

/* Whoever is let in from elsewhere than this machine must log in. */
void
import_supervisord_http(struct import *import, const char *name, const struct import_pair *pairs)
{
	const char *port = import_pair_find(pairs, "port");
	const char *colon = port == NULL ? NULL : strrchr(port, ':');

	(void)name;
	if (port == NULL)
		return;
	if (strncmp(port, "127.", 4) != 0 && strncmp(port, "localhost:", 10) != 0)
		import_look(import,
		    "[inet_http_server] port=%s: other addresses need 'users' in http", port);
	if (import_pair_find(pairs, "username") != NULL)
		import_look(import,
		    "username and password become 'users' in http, with a hash by mkpasswd");
	fprintf(
	    import->out, "http { listen = \"127.0.0.1:%s\" }\n", colon == NULL ? port : colon + 1);
}

void
import_supervisord_include(struct import *import, const char *name, const struct import_pair *pairs)
{
	const char *files = import_pair_find(pairs, "files");

	(void)name;
	if (files != NULL)
		import_look(
		    import, "[include] files = %s: import each, then include(\"...\")", files);
}

void
import_supervisord_listener(
    struct import *import, const char *name, const struct import_pair *pairs)
{
	const char *command = import_pair_find(pairs, "command");

	import_look(import,
	    "[eventlistener:%s] %s: 'jobctl events --json' prints a document for each event; "
	    "watchdog, check and essential do what most listeners are for",
	    name, command == NULL ? "" : command);
}

void
import_supervisord_group(struct import *import, const char *name, const struct import_pair *pairs)
{
	const char *programs = import_pair_find(pairs, "programs");

	import_look(import, "[group:%s] programs=%s: jobctl takes several names and shell patterns",
	    name, programs == NULL ? "" : programs);
}
