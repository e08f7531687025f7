#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/text.h"

#include "webhook_signature.h"

#define MAC_LEN 32
/* "t=" of a timed signature: digits that no clock will need more of. */
#define TIME_MAX 15

/* What the header says. */
struct given {
	unsigned char macs[WEBHOOK_SIGNATURES_MAX][MAC_LEN];
	size_t count;
	char time[TIME_MAX + 2]; /* with the dot behind it; "" if it is not timed */
};

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)(digit | 0x20);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool
decode_hex(const char *text, size_t len, unsigned char mac[MAC_LEN])
{
	if (len != (size_t)2 * MAC_LEN)
		return false;
	for (size_t i = 0; i < MAC_LEN; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high == -1 || low == -1)
			return false;
		mac[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* 32 bytes are 43 digits and one '='. */
static bool
decode_base64(const char *text, size_t len, unsigned char mac[MAC_LEN])
{
	unsigned char bytes[MAC_LEN + 1];

	if (len != 44 || text[43] != '=' || text[42] == '=' ||
	    EVP_DecodeBlock(bytes, (const unsigned char *)text, 44) != MAC_LEN + 1)
		return false;
	memcpy(mac, bytes, MAC_LEN);
	return true;
}

static void
read_plain(const struct webhook_signature *how, const char *text, struct given *given)
{
	size_t len = strlen(how->prefix);
	bool good;

	if (strncmp(text, how->prefix, len) != 0)
		return;
	text += len;
	good = how->is_base64 ? decode_base64(text, strlen(text), given->macs[0])
			      : decode_hex(text, strlen(text), given->macs[0]);
	given->count = good ? 1 : 0;
}

/* "t=1492774577,v1=5257...,v0=6ffb...": other names are for others. */
static void
read_timed(const char *text, struct given *given)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		if (strncmp(text, "t=", 2) == 0 && len > 2 && len - 2 <= TIME_MAX &&
		    strspn(text + 2, "0123456789") == len - 2) {
			memcpy(given->time, text + 2, len - 2);
			memcpy(given->time + len - 2, ".", 2);
		} else if (strncmp(text, "v1=", 3) == 0 && given->count < WEBHOOK_SIGNATURES_MAX &&
			   decode_hex(text + 3, len - 3, given->macs[given->count]))
			given->count++;
	}
}

static bool
make_mac(EVP_MAC *kind, const char *secret, const char *head, const void *body, size_t len,
    unsigned char mac[MAC_LEN])
{
	static char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end() };
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(kind);
	size_t mac_len = 0;
	bool good;

	good =
	    context != NULL &&
	    EVP_MAC_init(context, (const unsigned char *)secret, strlen(secret), parameters) == 1 &&
	    EVP_MAC_update(context, (const unsigned char *)head, strlen(head)) == 1 &&
	    (len == 0 || EVP_MAC_update(context, body, len) == 1) &&
	    EVP_MAC_final(context, mac, &mac_len, MAC_LEN) == 1 && mac_len == MAC_LEN;
	EVP_MAC_CTX_free(context);
	return good;
}

/* Every secret and every signature is looked at, whatever was found before. */
bool
webhook_signature_is_good(const struct webhook_signature *how, const char *text, const void *body,
    size_t len, int64_t *signed_at)
{
	struct given given = { .count = 0 };
	unsigned char mac[MAC_LEN];
	const char *errstr;
	EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
	bool found = false;

	if (text != NULL && how->is_timed)
		read_timed(text, &given);
	else if (text != NULL)
		read_plain(how, text, &given);
	for (char *const *secret = how->secrets; *secret != NULL && kind != NULL; secret++) {
		bool made = make_mac(kind, *secret, given.time, body, len, mac);

		for (size_t i = 0; i < WEBHOOK_SIGNATURES_MAX; i++)
			found |= CRYPTO_memcmp(mac, given.macs[i], MAC_LEN) == 0 && made &&
				 i < given.count;
	}
	OPENSSL_cleanse(mac, sizeof(mac));
	EVP_MAC_free(kind);
	*signed_at = 0;
	if (!how->is_timed)
		return found;
	given.time[strcspn(given.time, ".")] = '\0';
	return found && text_to_int(given.time, 0, INT64_MAX, signed_at, &errstr) == 0;
}
