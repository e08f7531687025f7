#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "conf/blocks.h"
#include "conf/check.h"
#include "conf/value.h"

/* The rules of the section `http`. */

#define TLS_SCHEME "tcp+tls://"
#define HASH_TEXT  "sha256:"
#define HASH_LEN   64
/* What nobody guesses by trying. */
#define TOKEN_MIN 16
/* Bytes of the tag that somebody is confined to. */
#define TAG_MAX 100

static bool is_tls(const char *text);
static bool is_loopback(const char *address);
static const char *behind_scheme(const char *text);
static const char *third_word(const char *text);

/* As the same address is written everywhere: they are compared as texts. */
const char *
value_check_web_proxy(const char *text)
{
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	char written[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (strcmp(text, "unix") == 0)
		return NULL;
	if (inet_pton(family, text, &address) != 1)
		return "is neither a numeric address nor the word unix";
	inet_ntop(family, &address, written, sizeof(written));
	return strcmp(text, written) == 0 ? NULL
					  : "is not written in the usual way, as 2001:db8::1";
}

static bool
is_tls(const char *text)
{
	return strncasecmp(text, TLS_SCHEME, strlen(TLS_SCHEME)) == 0;
}

static const char *
behind_scheme(const char *text)
{
	if (is_tls(text))
		return text + strlen(TLS_SCHEME);
	return strncasecmp(text, "tcp://", 6) == 0 ? text + 6 : text;
}

const char *
value_check_web_listen(const char *text)
{
	static const char written[] =
	    "is not written HOST:PORT, with a numeric address, tcp+tls://HOST:PORT or unix:/PATH";
	char whole[256];

	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '/' && text[6] != '\0' ? NULL : written;
	snprintf(whole, sizeof(whole), "tcp://%s", behind_scheme(text));
	return value_check_queue_listen(whole) == NULL ? NULL : written;
}

/* Behind "tag=TAG ", or NULL if that is no tag. */
static const char *
behind_tag(const char *text)
{
	size_t len = strcspn(text, " ");

	if (strncmp(text, "tag=", 4) != 0 || text[len] == '\0')
		return text;
	for (size_t i = 4; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
			return NULL;
	return len > 4 && len <= 4 + TAG_MAX ? text + len + 1 : NULL;
}

/* Behind "NAME ROLE " and perhaps a tag, or NULL. */
static const char *
third_word(const char *text)
{
	static const char *const roles[] = { "look ", "operate ", "admin " };
	size_t len = strcspn(text, " ");
	char name[65];

	if (len >= sizeof(name) || text[len] == '\0')
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	text += len + 1;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (text_is_name(name) && strncmp(text, roles[i], strlen(roles[i])) == 0)
			return behind_tag(text + strlen(roles[i]));
	return NULL;
}

const char *
value_check_web_user(const char *text)
{
	const char *hash = third_word(text);

	if (hash == NULL || hash[0] != '$' || strpbrk(hash, " \t") != NULL || strlen(hash) < 20)
		return "is not written NAME ROLE [tag=TAG] HASH, with a role of look, operate or "
		       "admin and a "
		       "hash as mkpasswd(1) prints it";
	return NULL;
}

const char *
value_check_web_token(const char *text)
{
	const char *secret = third_word(text);

	if (secret == NULL || strpbrk(secret, " \t\r\n") != NULL)
		return "is not written NAME ROLE [tag=TAG] SECRET, with a role of look, operate or "
		       "admin";
	if (strncmp(secret, HASH_TEXT, strlen(HASH_TEXT)) == 0) {
		secret += strlen(HASH_TEXT);
		if (strlen(secret) != HASH_LEN || strspn(secret, "0123456789abcdef") != HASH_LEN)
			return "has a hash that is not 64 digits of 0-9 and a-f";
	} else if (strlen(secret) < TOKEN_MIN)
		return "has a secret of less than 16 characters";
	return NULL;
}

const char *
value_check_web_prefix(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || (text[0] == '/' && text[len - 1] != '/' && strstr(text, "//") == NULL &&
			    strstr(text, "..") == NULL && strpbrk(text, " \"<>?#&'") == NULL))
		return NULL;
	return "is not a path such as /jobs";
}

/* A unix socket is as safe as its folder. */
static bool
is_loopback(const char *address)
{
	const char *host = behind_scheme(address);
	char text[64];
	struct in_addr in;

	if (strncmp(address, "unix:", 5) == 0)
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)(strrchr(host, ':') - host), host);
	if (strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, text, &in) == 1 && ntohl(in.s_addr) >> 24 == 127;
}

static void
check_tls(const struct conf_web *web, const struct block *block, struct errors *errors)
{
	bool certificate = web->tls_certificate[0] != '\0', key = web->tls_key[0] != '\0';

	for (char *const *address = web->listen; *address != NULL; address++)
		if (is_tls(*address) && !(certificate && key))
			errors_add(errors, block->file, block_line_of(block, "listen"),
			    "option 'listen': '%.100s' needs tls_certificate and tls_key",
			    *address);
	if (certificate != key)
		errors_add(errors, block->file,
		    block_line_of(block, certificate ? "tls_certificate" : "tls_key"),
		    "option '%s' needs '%s'", certificate ? "tls_certificate" : "tls_key",
		    certificate ? "tls_key" : "tls_certificate");
}

void
check_web(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const struct block *block = blocks_find(blocks, conf_section_find("http"), "", 0);

	if (block != NULL && !block->is_partial)
		check_tls(&conf->web, block, errors);
	if (block == NULL || conf->web.users[0] != NULL || conf->web.tokens[0] != NULL)
		return;
	for (char *const *address = conf->web.listen; *address != NULL; address++)
		if (!is_loopback(*address))
			errors_add(errors, block->file, block_line_of(block, "listen"),
			    "option 'listen': '%s' can be reached from other hosts: that needs "
			    "users or tokens",
			    *address);
}
