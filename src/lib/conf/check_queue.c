#include <string.h>
#include <strings.h>

#include "conf/check.h"

/* jobd passes no more on. */
#define LISTEN_MAX 16

static const char *address_of(const char *listen);
static bool is_loopback(const char *listen);
static void check_listen(const struct conf_scheduler *, const struct block *, struct errors *);
static void check_tls(const struct conf_scheduler *, const struct block *, struct errors *);
static void check_smtp(const struct conf_smtp *, const struct block *, struct errors *);

/* Behind "tcp://" or "tcp+tls://"; it has been checked that there is one. */
static const char *
address_of(const char *listen)
{
	return strstr(listen, "://") + 3;
}

/* Only this machine can reach it. */
static bool
is_loopback(const char *listen)
{
	const char *host = address_of(listen);

	return strncasecmp(host, "localhost:", 10) == 0 || strncmp(host, "[::1]:", 6) == 0 ||
	       strncmp(host, "127.", 4) == 0;
}

static void
check_listen(
    const struct conf_scheduler *scheduler, const struct block *block, struct errors *errors)
{
	int64_t line = block_line_of(block, "listen");
	size_t count = 0;

	while (scheduler->listen[count] != NULL)
		count++;
	if (count > LISTEN_MAX) {
		errors_add(errors, block->file, line,
		    "option 'listen': %zu sockets are too many, %d are allowed", count, LISTEN_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (scheduler->password[0] == '\0' && scheduler->password_file[0] == '\0' &&
		    !is_loopback(scheduler->listen[i]))
			errors_add(errors, block->file, line,
			    "option 'listen': '%.100s' can be reached from other machines and "
			    "needs "
			    "a password",
			    scheduler->listen[i]);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(address_of(scheduler->listen[i]),
				address_of(scheduler->listen[j])) == 0)
				errors_add(errors, block->file, line,
				    "option 'listen': '%.100s' is there twice",
				    address_of(scheduler->listen[i]));
}

static void
check_tls(const struct conf_scheduler *scheduler, const struct block *block, struct errors *errors)
{
	bool certificate = scheduler->tls_certificate[0] != '\0';
	bool key = scheduler->tls_key[0] != '\0';

	for (size_t i = 0; scheduler->listen[i] != NULL; i++)
		if (strncasecmp(scheduler->listen[i], "tcp+tls://", 10) == 0 &&
		    !(certificate && key))
			errors_add(errors, block->file, block_line_of(block, "listen"),
			    "option 'listen': '%.100s' needs tls_certificate and tls_key",
			    scheduler->listen[i]);
	if (certificate != key)
		errors_add(errors, block->file,
		    block_line_of(block, certificate ? "tls_certificate" : "tls_key"),
		    "option '%s' needs '%s'", certificate ? "tls_certificate" : "tls_key",
		    certificate ? "tls_key" : "tls_certificate");
}

static void
check_smtp(const struct conf_smtp *smtp, const struct block *block, struct errors *errors)
{
	bool has_user = smtp->user[0] != '\0' || block->is_partial;

	check_both(block, "password", smtp->password, "password_file", smtp->password_file, errors);
	check_needs(block, "password", smtp->password, "user", has_user, errors);
	check_needs(block, "password_file", smtp->password_file, "user", has_user, errors);
}

void
check_queue_side(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const struct block *scheduler = blocks_find(blocks, conf_section_find("scheduler"), "", 0);
	const struct block *smtp = blocks_find(blocks, conf_section_find("smtp"), "", 0);

	if (scheduler != NULL) {
		check_both(scheduler, "password", conf->scheduler.password, "password_file",
		    conf->scheduler.password_file, errors);
		if (!scheduler->is_partial) {
			check_listen(&conf->scheduler, scheduler, errors);
			check_tls(&conf->scheduler, scheduler, errors);
		}
	}
	if (smtp != NULL)
		check_smtp(&conf->smtp, smtp, errors);
}
