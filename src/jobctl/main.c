#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobctl/command.h"
#include "jobctl/complete.h"
#include "jobctl/help.h"
#include "jobctl/shell.h"

static int run(const char **words);
static int without_command(struct session *);
static int finish_output(int code);

int
main(int argc, char **argv)
{
	static char buffer[64 * 1024];
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	int code;

	if (words == NULL)
		return EXIT_FAILED;
	for (int i = 1; i < argc; i++)
		words[i - 1] = argv[i];
	/* One write for nearly every answer; who follows something flushes. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (words[0] != NULL && strcmp(words[0], "--complete") == 0)
		code = complete_words(words + 1);
	else
		code = run(words);
	free(words);
	return finish_output(code);
}

static int
run(const char **words)
{
	struct session session = { .run_dir_option = getenv("JOBD_RUN_DIR") };
	struct option_values values;
	char err[256];
	size_t count;
	int code;

	if (session.run_dir_option != NULL && *session.run_dir_option == '\0')
		session.run_dir_option = NULL;
	session_set_json(&session, false);
	option_values_init(&values);
	if (option_parse(words, OPTION_GLOBAL, true, &values, &count, err, sizeof(err)) == -1) {
		complain("%s", err);
		return EXIT_USAGE;
	}
	session_apply(&session, &values);
	if (values.help)
		code = help_all(stdout);
	else if (values.version)
		code = printf("jobctl %s\n", PACKAGE_VERSION) < 0;
	else if (count == 0)
		code = without_command(&session);
	else
		code = command_run(&session, words);
	session_end(&session);
	return code;
}

static int
without_command(struct session *session)
{
	if (isatty(STDIN_FILENO))
		return shell_run(session);
	help_all(stderr);
	return EXIT_USAGE;
}

/* A full disk behind stdout must not look like success. */
static int
finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "jobctl: standard output: %s\n", strerror(errno));
	return EXIT_FAILED;
}
