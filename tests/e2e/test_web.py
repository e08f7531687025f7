"""The API, health and metrics over HTTP, against the real programs."""

import contextlib
import gzip
import http.client
import json
import re
import socket
import subprocess

import pytest

from jobd_fixture import TOP, wait_for

TOKENS = 'tokens = { "looker look looker-secret-12345", "worker operate worker-secret-12345", "boss admin boss-secret-123456" }'


class Api:
    """One jobd with an `http` section; asks and answers in JSON."""

    def __init__(self, daemon, port):
        self.daemon, self.port = daemon, port
        wait_for(lambda: self.is_up(), lambda: f"the web side; {daemon.errors()} {daemon.log('http')}")

        daemon.wait_state("http", "RUNNING")

    def is_up(self):
        try:
            return self("GET", "/health/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response, data

    def __call__(self, method, path, body=None, headers=None):
        response, data = self.raw(method, path, body, headers)
        kind = response.getheader("Content-Type", "")
        return response.status, json.loads(data) if "json" in kind and data else data

    def send(self, data, timeout=20):
        """Bytes as they are; everything that comes back until the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            back = b""
            # It may be closed before all is sent.
            with contextlib.suppress(ConnectionError, OSError):
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    back += piece
            return back


@pytest.fixture
def api(jobd, free_port):
    def make(config="", http=""):
        daemon = jobd(f'http {{ listen = "127.0.0.1:{free_port}"\n {http} }}\n{config}')
        return Api(daemon, free_port)

    return make


JOBS = """
program steady { command = "@PROGRAMS@/polite" }
job hello { command = "echo hello" }
job nightly { command = "true"
  schedule = "every day at 3am" }
"""


def wait_job(api, jid, state):
    def look():
        found = api("GET", f"/api/v1/jobs/{jid}")[1]
        return found if found.get("state") == state else None

    return wait_for(look, f"job {jid} to be {state}")


def test_a_job_is_accepted_and_looked_at(api):
    api = api(JOBS)
    response, data = api.raw("POST", "/api/v1/jobs", {"type": "hello", "args": ["é", {"a": 1}]})
    answer = json.loads(data)
    assert response.status == 202 and answer["state"] == "ready"
    assert response.getheader("Location") == f"/api/v1/jobs/{answer['id']}"
    job = wait_job(api, answer["id"], "done")
    assert job["args"] == ["é", {"a": 1}] and job["jobtype"] == job["type"] == "hello"
    assert job["attempts"][0]["output_head"].startswith("hello")


def test_what_was_accepted_is_on_disk(api):
    api = api(JOBS)
    ids = [api("POST", "/api/v1/jobs", {"type": "for_workers", "args": [i]})[1]["id"] for i in range(20)]
    scheduler = api.daemon.status("scheduler")["pid"]
    subprocess.run(["kill", "-9", str(scheduler)], check=True)
    for jid in ids:
        assert wait_job(api, jid, "ready")


def test_the_same_key_is_the_same_job(api):
    api = api(JOBS)
    job = {"type": "for_workers", "idempotency_key": "order 17"}
    status, first = api("POST", "/api/v1/jobs", job)
    assert (status, first["replayed"]) == (202, False)
    status, again = api("POST", "/api/v1/jobs", job)
    assert status == 202 and again["id"] == first["id"] and again["replayed"] is True
    del job["idempotency_key"]
    status, again = api("POST", "/api/v1/jobs", job, {"Idempotency-Key": "order 17"})
    assert again["id"] == first["id"]
    assert len(api("GET", "/api/v1/jobs?type=for_workers")[1]["jobs"]) == 1


def test_many_at_once_each_with_its_answer(api):
    api = api(JOBS)
    status, answer = api("POST", "/api/v1/jobs", [{"type": "w"}, {"type": "w", "queue": "no good!"}])
    assert status == 202 and answer["refused"] == 1
    assert answer["jobs"][0]["state"] == "ready" and "queue" in answer["jobs"][1]["error"]
    assert api("POST", "/api/v1/jobs", {"jobs": [{"type": "w", "queue": "no good!"}]})[0] == 422
    assert api("POST", "/api/v1/jobs", [])[0] == 422


@pytest.mark.parametrize(
    "body, status",
    [
        ("{", 400),
        ("17", 400),
        ("{}", 422),
        ('{"type":"w","priorty":3}', 422),
        ('{"type":"w","type":"v"}', 400),
        ('{"type":"w","idempotency_key":""}', 422),
        ('{"type":"w","id":"short"}', 422),
        (b"\xff\xfe", 400),
    ],
)
def test_a_wrong_job_is_refused_with_a_problem(api, body, status):
    api = api(JOBS)
    response, data = api.raw("POST", "/api/v1/jobs", body)
    problem = json.loads(data)
    assert response.status == status == problem["status"], problem
    assert response.getheader("Content-Type") == "application/problem+json"
    assert problem["title"] and problem["detail"]


def test_unknown_things_are_404(api):
    api = api(JOBS)
    for path in "/api/v1/jobs/nosuchjobatall", "/api/v1/programs/nobody", "/api/v1/nothing", "/api/v1/jobs/%7Bx", "/x":
        assert api("GET", path)[0] == 404, path
    response, _ = api.raw("DELETE", "/api/v1/programs")
    assert response.status == 405 and response.getheader("Allow") == "GET, HEAD"
    assert api("GET", "/api/v1/jobs?stat=dead")[0] == 400
    # What is asked for wrongly is no missing thing, and is told in the words of who asks.
    assert api("GET", "/api/v1/jobs?state=ded")[0] == 422
    status, problem = api("GET", "/api/v1/metrics?by=moon")
    assert status == 422 and problem["detail"] == "by is type, queue, tag or all, not 'moon'"


def test_jobs_are_cancelled(api):
    api = api(JOBS)
    jid = api("POST", "/api/v1/jobs", {"type": "w"})[1]["id"]
    assert api("DELETE", f"/api/v1/jobs/{jid}") == (204, b"")
    assert api("GET", f"/api/v1/jobs/{jid}")[1]["state"] == "cancelled"
    assert api("POST", f"/api/v1/jobs/{jid}/cancel")[0] == 409
    assert api("POST", f"/api/v1/jobs/{jid}/retry")[0] == 204
    assert api("GET", f"/api/v1/jobs/{jid}")[1]["state"] == "ready"


def test_without_a_scheduler_it_says_when_to_come_again(api):
    api = api("program steady { command = \"@PROGRAMS@/polite\" }")
    response, data = api.raw("POST", "/api/v1/jobs", {"type": "w"})
    assert response.status == 503 and response.getheader("Retry-After")
    assert json.loads(data)["status"] == 503
    assert api("GET", "/health/ready")[0] == 200
    assert api("GET", "/health/queue")[1]["status"] == "off"


@pytest.mark.root
def test_a_full_disk_refuses_with_503(api):
    """Nothing is said to be stored that is not."""
    api = api(JOBS)
    api.daemon.ctl("stop", "scheduler")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(api.daemon.state_dir)], check=True)
    try:
        api.daemon.ctl("start", "scheduler")
        stored = []
        for _ in range(1000):
            response, data = api.raw("POST", "/api/v1/jobs", {"type": "w", "args": ["x" * 4000]})
            if response.status != 202:
                break
            stored.append(json.loads(data)["id"])
        assert response.status == 503 and response.getheader("Retry-After") and b"full" in data, data
        assert stored and api("GET", f"/api/v1/jobs/{stored[-1]}")[0] == 200
        api.daemon.ctl("stop", "scheduler")
    finally:
        subprocess.run(["umount", "-l", str(api.daemon.state_dir)], check=False)


def test_a_hung_scheduler_is_not_ready(api):
    api = api(JOBS)
    pid = api.daemon.status("scheduler")["pid"]
    subprocess.run(["kill", "-STOP", str(pid)], check=True)
    assert api("GET", "/health/live")[0] == 200
    response, data = api.raw("GET", "/health/ready")
    subprocess.run(["kill", "-CONT", str(pid)], check=True)
    assert response.status == 503 and response.getheader("Retry-After")
    assert json.loads(data) == {
        "status": "unavailable",
        "jobd": "ok",
        "queue": "unavailable",
        "checks": {"passing": 0, "failing": 0, "unknown": 0},
    }
    wait_for(api.is_up, "the scheduler again")


def test_programs_are_seen_and_handled(api):
    api = api(JOBS)
    api.daemon.wait_state("steady", "RUNNING")
    names = {program["name"] for program in api("GET", "/api/v1/programs?all=1")[1]["programs"]}
    assert {"steady", "scheduler", "runner", "http"} <= names
    status, answer = api("POST", "/api/v1/programs/steady/stop?wait=1")
    assert status == 200 and answer["results"][0]["result"] == "stopped"
    assert api("GET", "/api/v1/programs/steady")[1]["state"] == "STOPPED"
    assert api("POST", "/api/v1/programs/steady/start")[0] == 202
    api.daemon.wait_state("steady", "RUNNING")
    assert api("POST", "/api/v1/programs/steady/signal", {"signal": "no such"})[0] == 422
    assert api("POST", "/api/v1/programs/steady/scale", {"instances": 2})[0] == 202
    api.daemon.wait_state("steady:2", "RUNNING")
    assert len(api("GET", "/api/v1/programs/steady")[1]["programs"]) == 2


def test_logs_are_followed(api):
    api = api('program talker { command = "/bin/sh -c \'while read -r line; do echo \\"$line\\"; done <@DIR@/fifo\'" }', "")
    fifo = api.daemon.dir / "fifo"
    subprocess.run(["mkfifo", str(fifo)], check=True)
    api.daemon.ctl("restart", "talker", check=False)
    with open(fifo, "w", buffering=1) as say:
        say.write("one\n")
        api.daemon.wait_log("talker", "one")
        connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
        connection.request("GET", "/api/v1/programs/talker/logs?follow=1")
        response = connection.getresponse()
        assert response.readline() == b"one\n"
        say.write("two\n")
        assert response.readline() == b"two\n"
        connection.close()


def test_events_come_as_they_happen(api):
    api = api(JOBS)
    api.daemon.wait_state("steady", "RUNNING")
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    connection.request("GET", "/api/v1/events")
    response = connection.getresponse()
    assert response.getheader("Content-Type") == "text/event-stream"
    while response.readline() != b"event: reset\n":
        pass
    api("POST", "/api/v1/programs/steady/stop")
    while response.readline() != b"event: program\n":
        pass
    event = json.loads(response.readline().removeprefix(b"data: "))
    assert event["name"] == "steady" and event["to"] == "STOPPING"
    connection.close()


def test_etag_and_gzip(api):
    api = api(JOBS)
    response, data = api.raw("GET", "/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    tag = response.getheader("ETag")
    assert response.getheader("Content-Encoding") == "gzip" and json.loads(gzip.decompress(data))["openapi"] == "3.1.0"
    response, data = api.raw("GET", "/api/v1/openapi.json", headers={"If-None-Match": tag})
    assert (response.status, data) == (304, b"")
    response, data = api.raw("HEAD", "/api/v1/openapi.json")
    assert response.status == 200 and data == b"" and int(response.getheader("Content-Length")) > 10000


# The description.


def test_every_route_is_described_and_every_description_is_true(api):
    api = api(JOBS)
    paths = api("GET", "/api/v1/openapi.json")[1]["paths"]
    described = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, item in paths.items() for method in item}
    source = (TOP / "src/jobd-web/route.c").read_text()
    table = re.findall(r'METHOD_(\w+),\s+(V1 )?"([^"]+)",\s+ROLE_\w+,\s+ROUTE_API,', source)
    routes = {(method, ("/api/v1" if v1 else "") + path) for method, v1, path in table}
    assert described == routes and len(routes) > 40


# Metrics.


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)


def test_metrics_are_what_prometheus_reads(api):
    api = api(JOBS)
    wait_job(api, api("POST", "/api/v1/jobs", {"type": "hello"})[1]["id"], "done")
    api.daemon.wait_state("steady", "RUNNING")
    response, text = api.raw("GET", "/metrics")
    assert response.getheader("Content-Type").startswith("text/plain; version=0.0.4")
    assert b'jobd_program_up{program="steady"} 1' in text and b"jobd_jobs_processed_total 1" in text
    response, other = api.raw("GET", "/metrics", headers={"Accept": "application/openmetrics-text"})
    assert response.getheader("Content-Type").startswith("application/openmetrics-text")
    assert other.endswith(b"# EOF\n") and b"# TYPE jobd_jobs_processed counter" in other
    checked = promtool(text)
    assert checked.returncode == 0, checked.stderr + checked.stdout


# Who may.


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_roles(api):
    api = api(JOBS, TOKENS)
    looker, worker, boss = bearer("looker-secret-12345"), bearer("worker-secret-12345"), bearer("boss-secret-123456")
    response, _ = api.raw("GET", "/api/v1/programs")
    assert response.status == 401 and "Bearer" in response.getheader("WWW-Authenticate")
    assert api("GET", "/api/v1/programs", headers=bearer("looker-secret-12346"))[0] == 401
    assert api("GET", "/api/v1/programs", headers=looker)[0] == 200
    assert api("POST", "/api/v1/jobs", {"type": "w"}, looker)[0] == 403
    assert api("POST", "/api/v1/jobs", {"type": "w"}, worker)[0] == 202
    scale = "/api/v1/programs/steady/scale"
    assert api("POST", scale, {"instances": 2}, worker)[0] == 403
    assert api("POST", scale, {"instances": 2}, boss)[0] == 202
    assert api("GET", "/health")[0] == 200 and api("GET", "/metrics")[0] == 401
    api.daemon.wait_log("http", "audit: who=worker from=127.0.0.1 did=POST /api/v1/jobs status=202")


def test_the_world_needs_authentication(jobd, free_port):
    daemon = jobd(f'http {{ listen = "0.0.0.0:{free_port}" }}', start=False)
    daemon.start(wait=False)
    assert daemon.wait_exit() != 0
    assert "can be reached from other hosts: that needs users or tokens" in daemon.errors()


def test_pages_of_others_change_nothing(api):
    api = api(JOBS)
    job = {"type": "w"}
    for headers in {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}:
        assert api("POST", "/api/v1/jobs", job, headers)[0] == 403, headers
    same = {"Origin": f"http://127.0.0.1:{api.port}", "Sec-Fetch-Site": "same-origin"}
    assert api("POST", "/api/v1/jobs", job, same)[0] == 202
    assert api("GET", "/api/v1/jobs", headers={"Host": "evil.example"})[0] == 403
    assert api("GET", "/health", headers={"Host": "evil.example"})[0] == 200


@pytest.mark.root
def test_it_is_nobody(api):
    api = api(JOBS)
    pid = api.daemon.status("http")["pid"]
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":\t" in line)
    assert set(status["Uid"].split()) == {"65534"} and set(status["Gid"].split()) == {"65533"}
    assert status["Groups"].strip() in ("", "65533") and int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"


def test_its_configuration_has_no_secrets(api):
    api = api(JOBS + 'smtp { url = "smtp://127.0.0.1:25"\n user = "u"\n password = "not for the web" }')
    with open(f"/proc/{api.daemon.status('http')['pid']}/maps") as maps:
        regions = [line.split() for line in maps if line.split()[1].startswith("rw")]
    pid = api.daemon.status("http")["pid"]
    with open(f"/proc/{pid}/mem", "rb") as memory:
        for region in regions:
            begin, end = (int(part, 16) for part in region[0].split("-"))
            # What a sanitizer reserves can't be read whole.
            if region[-1] in ("[vvar]", "[vsyscall]") or end - begin > 1 << 28:
                continue
            memory.seek(begin)
            data = memory.read(end - begin)
            assert b"not for the web" not in data


# What is wrong on the wire.


@pytest.mark.parametrize(
    "request_text",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5x\r\n\r\nhello",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 100000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET //health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"BREW /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=range(16),
)
def test_what_is_malformed_is_refused(api, request_text):
    # Answered or not, the connection is over soon.
    api = api("", "timeout = 1s")
    back = api.send(request_text)
    assert back == b"" or re.match(rb"HTTP/1\.[01] (4\d\d|5\d\d) ", back), back[:200]
    assert b"root:" not in back and api("GET", "/health/live")[0] == 200


def test_a_long_body_is_refused(api):
    api = api(JOBS, "body_max = 64K")
    assert api("POST", "/api/v1/jobs", b"x" * 70000)[0] == 413
    chunks = b"".join(b"8000\r\n" + b"x" * 0x8000 + b"\r\n" for _ in range(3)) + b"0\r\n\r\n"
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert api.send(head + chunks).startswith(b"HTTP/1.1 413")


def test_slow_clients_are_dropped_whatever_they_drip(api):
    api = api(JOBS, "timeout = 1s")
    heads = b"GET /health HTTP/1.1\r\nX: ", b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", api.port), timeout=20) for _ in range(50)]
    for number, connection in enumerate(slow):
        connection.sendall(heads[number % 2])

    def is_closed(connection):
        try:
            connection.sendall(b"x")
            connection.settimeout(0.001)
            return connection.recv(4096) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    def all_closed():
        slow[:] = [connection for connection in slow if not is_closed(connection)]
        return not slow

    wait_for(all_closed, "all to be closed")
    assert api("GET", "/health/live")[0] == 200


def test_names_never_become_requests(api):
    api = api(JOBS)
    for path in "/api/v1/jobs/x%0d%0aSHUTDOWN", "/api/v1/jobs/a%20b", "/api/v1/queues/wait=1", "/api/v1/programs/%2a", "/api/v1/programs/all%20x":
        assert api("GET", path)[0] == 404, path
    assert api("GET", "/health")[0] == 200


# Reload and restart.


def test_tokens_change_with_a_reload(api):
    api = api(JOBS)
    assert api("GET", "/api/v1/programs")[0] == 200
    config = f'http {{ listen = "127.0.0.1:{api.port}"\n {TOKENS} }}\n' + JOBS
    api.daemon.write_config(config)
    api.daemon.ctl("reload")
    wait_for(lambda: api("GET", "/api/v1/programs")[0] == 401, "the tokens")
    assert api("GET", "/api/v1/programs", headers=bearer("looker-secret-12345"))[0] == 200


def test_nobody_is_refused_while_it_restarts(api):
    api = api(JOBS)
    before = api.daemon.status("http")["pid"]
    subprocess.run([str(api.daemon.dir / "bin/jobctl"), "-r", str(api.daemon.run_dir), "restart", "http"], check=True, env=api.daemon.env, stdout=subprocess.DEVNULL)
    assert api("GET", "/health/live")[0] == 200
    assert api.daemon.status("http")["pid"] != before


