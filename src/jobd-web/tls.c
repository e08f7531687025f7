#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

#include "read_files.h"
#include "tls.h"

#define FILE_MAX ((size_t)256 * 1024)

static struct text {
	char *data;
	size_t len;
} certificate, key;

static int
load(struct text *text, const char *path)
{
	char why[512];

	if (path[0] == '\0')
		return 0;
	if (read_files_add(path) == -1) {
		log_errx("out of memory");
		return -1;
	}
	if ((text->data = file_read(path, FILE_MAX, &text->len, why, sizeof(why))) != NULL)
		return 0;
	log_errx("%s", why);
	return -1;
}

int
tls_load(const struct conf_web *web)
{
	return load(&certificate, web->tls_certificate) == -1 || load(&key, web->tls_key) == -1 ? -1
												: 0;
}

const char *
tls_certificate(void)
{
	return certificate.data;
}

const char *
tls_key(void)
{
	return key.data;
}

static void
forget(struct text *text)
{
	freezero(text->data, text->len);
	*text = (struct text){ 0 };
}

void
tls_forget(void)
{
	forget(&certificate);
	forget(&key);
}
