#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "jobctl/command.h"
#include "jobctl/shell.h"

#define PROMPT "jobd> "

static void run_line(struct session *, const char *line);
static void run_words(struct session *, char **words);
static bool is_meant(const char *question);
static void run_in_child(struct session *, const char **words);

int
shell_run(struct session *session)
{
	char status[] = "status", *first[] = { status, NULL }, *line = NULL;
	size_t size = 0;
	ssize_t len;

	run_words(session, first);
	for (;;) {
		fputs(PROMPT, stdout);
		fflush(stdout);
		len = getline(&line, &size, stdin);
		if (len == -1)
			break;
		line[strcspn(line, "\r\n")] = '\0';
		if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0)
			break;
		run_line(session, line);
	}
	if (len == -1)
		putchar('\n');
	free(line);
	return EXIT_OK;
}

static void
run_line(struct session *session, const char *line)
{
	const char *errstr;
	char **words;

	if (line[strspn(line, " \t")] == '\0')
		return;
	words = text_split_command(line, &errstr);
	if (words == NULL) {
		complain("%s", errstr);
		return;
	}
	run_words(session, words);
	free(words);
}

static void
run_words(struct session *session, char **words)
{
	const char *copy[64];
	size_t count = 0;

	while (words[count] != NULL && count < sizeof(copy) / sizeof(copy[0]) - 1) {
		copy[count] = words[count];
		count++;
	}
	copy[count] = NULL;
	if (words[count] != NULL)
		complain("too many words");
	else if (strcmp(copy[0], "shutdown") != 0 ||
		 is_meant("Really shut down jobd and all its programs? y/N "))
		run_in_child(session, copy);
}

static bool
is_meant(const char *question)
{
	char answer[16];

	fputs(question, stdout);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* A child of its own, so that Ctrl-C ends what a command follows and not the shell. */
static void
run_in_child(struct session *session, const char **words)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	pid_t pid;

	fflush(stdout);
	sigaction(SIGINT, &ignore, &before);
	pid = fork();
	if (pid == 0) {
		int code;

		sigaction(SIGINT, &before, NULL);
		code = command_run(session, words);
		fflush(stdout);
		_exit(code);
	}
	if (pid == -1)
		complain("fork: %s", strerror(errno));
	while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
}
