#include "conf/options_table.h"

#define WEB(field) offsetof(struct conf, web.field)

/* clang-format off */

const struct conf_option conf_web_options[] = {
	OPTION("listen", LIST, WEB(listen), NULL, LIVE, .check = value_check_web_listen,
	    .summary = "Addresses of the API and the pages: HOST:PORT, tcp+tls://HOST:PORT or unix:/PATH; without one there is no web side.",
	    .example = "127.0.0.1:8080"),
	OPTION("tls_certificate", STRING, WEB(tls_certificate), "", LIVE, .is_path = true,
	    .summary = "File with the certificate for tcp+tls, and those between it and a known one.",
	    .example = "/etc/ssl/jobd.pem"),
	OPTION("tls_key", STRING, WEB(tls_key), "", LIVE, .is_path = true,
	    .summary = "File with the key of the certificate.",
	    .example = "/etc/ssl/private/jobd.key"),
	OPTION("users", LIST, WEB(users), NULL, LIVE, .check = value_check_web_user, .is_secret = true,
	    .summary = "People who may log in: NAME ROLE HASH, the hash as mkpasswd(1) prints it; roles are look, operate and admin; NAME ROLE tag=TAG HASH sees only what carries that tag.",
	    .example = "anna admin $y$j9T$zKqf1RwxN6sZ3Yp9ck1M0.$3bFJqgDYPOZXwfQyDkUG0D9Y3q5kS0Wj8hH0cB9dQd7"),
	OPTION("tokens", LIST, WEB(tokens), NULL, LIVE, .check = value_check_web_token, .is_secret = true,
	    .summary = "Programs that may ask: NAME ROLE SECRET, or NAME ROLE tag=TAG SECRET; instead of the secret itself may stand its SHA-256 as sha256:HEX.",
	    .example = "deploy operate sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
	OPTION("mask", LIST, WEB(mask), NULL, LIVE, .check = value_check_line,
	    .summary = "Names of arguments whose values are shown as *** besides the usual ones, such as password, secret and token.",
	    .example = "iban"),
	OPTION("hosts", LIST, WEB(hosts), NULL, LIVE, .check = value_check_line,
	    .summary = "Names besides localhost under which it is asked while there are neither users nor tokens.",
	    .example = "jobs.example.org"),
	OPTION("prefix", STRING, WEB(prefix), "", LIVE, .check = value_check_web_prefix,
	    .summary = "Path under which a proxy shows the pages, unless its X-Forwarded-Prefix says so.",
	    .example = "/jobs"),
	OPTION("proxies", LIST, WEB(proxies), NULL, LIVE, .check = value_check_web_proxy,
	    .summary = "Addresses of proxies, or the word unix, whose X-Forwarded-For is believed.",
	    .example = "127.0.0.1"),
	OPTION("connections_max", INT, WEB(connections_max), "1200", LIVE, .min = 8, .max = 100000,
	    .summary = "Most connections at the same time."),
	OPTION("connections_per_address_max", INT, WEB(connections_per_address_max), "0", LIVE, .max = 100000,
	    .summary = "Most of them from one address; 0 means without limit."),
	OPTION("timeout", DURATION, WEB(timeout_ms), "30s", LIVE, .min = 1000, .max = YEAR_MS,
	    .summary = "The longest time for one request to come in, and for a connection on which nothing happens."),
	OPTION("body_max", SIZE, WEB(body_max_bytes), "1M", LIVE, .min = 1024, .max = 64LL << 20,
	    .summary = "The largest body of a request."),
	END
};
/* clang-format on */
