"""What clients must not be able to do to the web side: two ends of one message, paths that lead elsewhere, and too much."""

import json
import re
import resource
import socket
import time

import pytest

from jobd_fixture import wait_for
from test_web import JOBS, Api

TOKENS = 'tokens = { "boss admin boss-secret-123456" }'
BODY = b'{"type":"w"}'
# A whole request that nobody must find in the body of another.
HIDDEN = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
HEAD = b"POST /health/live HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def api(jobd, free_port):
    return Api(jobd(f'http {{ listen = "127.0.0.1:{free_port}"  timeout = 1s }}\n{JOBS}'), free_port)


def answers(back):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", back)]


def is_well(api):
    return api("GET", "/health/live")[0] == 200


# Two ends of one message: RFC 9112, 6 and 11.2.


HIDING = (
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n" % (5 + len(HIDDEN)) + HIDDEN,
    HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    HEAD + b"Content-Length: %d\r\nContent-Length: 0\r\n\r\n" % len(HIDDEN) + HIDDEN,
    HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    HEAD + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    HEAD + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    HEAD + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
    HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + HIDDEN,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + HIDDEN,
)


def test_no_request_hides_in_another(api):
    for text in HIDING:
        back = api.send(text)
        # 202 is the hidden one; the first is a POST where only GET is.
        assert all(status >= 400 for status in answers(back)), (text, back[:400])
        assert api("GET", "/api/v1/jobs")[1]["jobs"] == [] and is_well(api)


def test_a_bare_line_feed_ends_a_line_and_a_bare_return_none(api):
    """RFC 9112, 2.2 allows the one, as nginx does, and forbids the other."""
    lines = b"GET /health/live HTTP/1.1\nHost: localhost\n\nGET /health/ready HTTP/1.1\nHost: localhost\nConnection: close\n\n"
    assert answers(api.send(lines)) == [200, 200]
    for text in (
        b"GET /health/live HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: y\r\rPOST /api/v1/jobs HTTP/1.1\r\n\r\n",
    ):
        assert all(status >= 400 for status in answers(api.send(text)))
    assert is_well(api)


NO_REQUESTS = (
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nX\0Y: z\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\1b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    b"GET http://evil.example/api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"TRACE /health HTTP/1.1\r\nHost: localhost\r\nCookie: secret=1\r\n\r\n",
    b"GET /api/v1/jobs HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\0" * 1000,
)


def test_what_is_no_request_gets_no_good_answer(api):
    for text in NO_REQUESTS:
        back = api.send(text)
        assert all(status >= 400 for status in answers(back)), (text, back[:300])
        assert b"secret=1" not in back and is_well(api)


def test_heads_have_a_limit(api):
    cookies = b"".join(b"Cookie: c%d=" % number + b"a" * 480 + b"\r\n" for number in range(15))
    assert answers(api.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + cookies + b"Connection: close\r\n\r\n")) == [200]
    fields = [b"X%d: y\r\n" % number for number in range(10_000)]
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for text, status in (
        (head + b"X: " + b"a" * (8192 - len(head) - 7) + b"\r\n\r\n", 200),
        (head + b"".join(fields[:98]) + b"\r\n", 200),
        (head + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 431),
        (head + b"".join(fields) + b"\r\n", 431),
        (b"GET /health/live?" + b"a&" * 50_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"A" * 100_000, 414),
    ):
        # Who still sends may find the connection reset, and the answer lost.
        assert answers(api.send(text)) in ([status], [status] if status == 200 else [])
    assert is_well(api)


# Paths.


PATHS = (
    "/health/../api/v1/jobs", "/health/%2e%2e/api/v1/jobs", "/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd",
    "/static/../../etc/passwd", "/static/%2e%2e%2fstyle.css", "//api/v1/jobs", "/api//v1/jobs", "/api/v1/jobs%00", "/api/v1/jobs%",
    "/api/v1/jobs%4", "/api/v1/jobs%zz", "/api/v1/jobs%0a", "/api/v1/jobs/%0d%0aSHUTDOWN", "/static/\\..\\style.css", "/./api/v1/jobs",
    "/api/v1/%c0%ae%c0%ae/jobs", "/%c0%af", "/static/%252e%252e/style.css", "/api/v1/jobs;x=y", "/api/v1/jobs/", "/API/V1/JOBS",
)


def test_paths_lead_nowhere_else(api):
    for path in PATHS:
        back = api.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1"))
        assert answers(back) in ([400], [404]), (path, back[:300])
        assert b"root:" not in back


def test_a_path_that_is_written_otherwise_is_the_same_path(api):
    """And asks for the same right: the decoded path is what is looked up."""
    for path in "/%61pi/v1/jobs", "/api/v1/%6aobs":
        assert api("GET", path)[0] == 200
    config = f'http {{ listen = "127.0.0.1:{api.port}"  {TOKENS} }}\n{JOBS}'
    api.daemon.write_config(config)
    api.daemon.ctl("reload")
    wait_for(lambda: api("GET", "/api/v1/jobs")[0] == 401, "the tokens")
    for path in "/%61pi/v1/jobs", "/api/v1/%6aobs", "/api/v1/jobs?", "/api/v1/jobs?x=/health":
        assert api("GET", path)[0] in (401, 400), path


# Too much.


def test_many_requests_in_one_packet(api):
    count = 200
    back = api.send((b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * (count - 1))
                    + b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answers(back) == [200] * count
    # Each answer belongs to its question, also where some wait for others of us.
    paths = ["/api/v1/jobs/none-such", "/health/live", "/api/v1/queues", "/nothing"] * 20
    text = "".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{'Connection: close' if i == 79 else 'X: y'}\r\n\r\n" for i, path in enumerate(paths))
    assert answers(api.send(text.encode())) == [404, 200, 200, 404] * 20


def test_two_thousand_connections(jobd, free_port):
    """1,200 are held, all others are told by the end of theirs; when they are gone all is as before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= 4200, "too few descriptors (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4200), hard))
    api = Api(jobd(f'http {{ listen = "127.0.0.1:{free_port}" }}'), free_port)
    connections = []
    try:
        for _ in range(2000):
            connections.append(socket.create_connection(("127.0.0.1", free_port), timeout=20))
        good = 0
        for connection in connections:
            try:
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            except OSError:
                continue
        deadline = time.monotonic() + 20
        for connection in connections:
            connection.settimeout(max(0.01, min(2, deadline - time.monotonic())))
            try:
                good += connection.recv(4096).startswith(b"HTTP/1.1 200 ")
            except OSError:
                continue
            if good == 1200:
                break
        assert good == 1200
    finally:
        for connection in connections:
            connection.close()
    wait_for(api.is_up, "room again")


def test_a_deep_and_a_long_document(api):
    deep = b"[" * 200_000 + b"]" * 200_000
    assert api("POST", "/api/v1/jobs", deep)[0] == 400
    wide = json.dumps({"type": "w", "args": [0] * 300_000}).encode()
    assert api("POST", "/api/v1/jobs", wide)[0] == 202
    assert api("POST", "/api/v1/jobs", b'{"type":"w","type":"w"}')[0] == 400
    form = b"&".join(b"jid=%d" % i for i in range(5000))
    assert api("POST", "/jobs", form, {"Content-Type": "application/x-www-form-urlencoded"})[0] in (400, 404, 422)
    assert is_well(api)


def test_numbers_that_nobody_can_read_hide_no_jobs(api):
    """They are a client's own, and are kept to the letter; a page shows their digits."""
    large = '[1e400,18446744073709551615,{"n":-99999999999999999999}]'
    jid = api.daemon.ctl("push", "away", large).stdout.strip()
    assert large.encode() in api.raw("GET", f"/api/v1/jobs/{jid}")[1]
    for page in "/jobs", f"/jobs/{jid}", "/":
        response, text = api.raw("GET", page, headers={"Accept": "text/html"})
        assert response.status == 200 and jid.encode() in text or page == "/", (page, text)
    assert b"18446744073709551615" in api.raw("GET", f"/jobs/{jid}", headers={"Accept": "text/html"})[1]
    assert api("GET", "/api/v1/jobs?limit=1")[1]["next"]
