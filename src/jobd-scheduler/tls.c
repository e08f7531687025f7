#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls.h"

struct tls {
	SSL_CTX *context;
};

struct tls_session {
	SSL *ssl;
	bool wants_write;
	bool broken; /* no good-bye: the library may not be called again */
};

static void
last_error(const char *path, char *error, size_t size)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	snprintf(error, size, "%s: %s", path,
	    ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
	    : reason != NULL       ? reason
				   : "can't be used");
	ERR_clear_error();
}

struct tls *
tls_new(const char *certificate, const char *key, char *error, size_t size)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	const char *path = certificate;

	if (tls == NULL || (tls->context = SSL_CTX_new(TLS_server_method())) == NULL) {
		snprintf(error, size, "%s", strerror(ENOMEM));
		tls_free(tls);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					   SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) == 1 &&
	    SSL_CTX_use_PrivateKey_file(tls->context, (path = key), SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(tls->context) == 1)
		return tls;
	last_error(path, error, size);
	tls_free(tls);
	return NULL;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

struct tls_session *
tls_session_new(struct tls *tls, int fd)
{
	struct tls_session *session = calloc(1, sizeof(*session));

	if (session == NULL || (session->ssl = SSL_new(tls->context)) == NULL ||
	    SSL_set_fd(session->ssl, fd) != 1) {
		tls_session_free(session);
		return NULL;
	}
	SSL_set_accept_state(session->ssl);
	return session;
}

void
tls_session_free(struct tls_session *session)
{
	if (session == NULL)
		return;
	if (session->ssl != NULL && !session->broken && SSL_is_init_finished(session->ssl))
		SSL_shutdown(session->ssl);
	ERR_clear_error();
	SSL_free(session->ssl);
	free(session);
}

static ssize_t
outcome(struct tls_session *session, int result, size_t done)
{
	int saved = errno, code = SSL_get_error(session->ssl, result);

	session->wants_write = code == SSL_ERROR_WANT_WRITE;
	if (result > 0)
		return (ssize_t)done;
	ERR_clear_error();
	switch (code) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		session->broken = true;
		errno = code == SSL_ERROR_SYSCALL && saved != 0 ? saved : EPROTO;
		return -1;
	}
}

ssize_t
tls_session_read(struct tls_session *session, void *data, size_t len)
{
	size_t done = 0;
	int result;

	errno = 0;
	result = SSL_read_ex(session->ssl, data, len, &done);
	return outcome(session, result, done);
}

ssize_t
tls_session_write(struct tls_session *session, const void *data, size_t len)
{
	size_t done = 0;
	int result;

	errno = 0;
	result = SSL_write_ex(session->ssl, data, len, &done);
	return outcome(session, result, done);
}

bool
tls_session_wants_write(const struct tls_session *session)
{
	return session->wants_write;
}

bool
tls_session_has_more(const struct tls_session *session)
{
	return SSL_pending(session->ssl) > 0;
}
