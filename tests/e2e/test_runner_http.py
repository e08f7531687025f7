"""Jobs that ask a URL: the real jobd-runner against good and hostile HTTP servers."""

import json
import socket
import subprocess
import time
from email.utils import formatdate

import pytest
from http_server import answer, certificate, server  # noqa: F401
from jobd_fixture import STRETCH, free_port, wait_for


def test_a_job_is_posted_as_it_is(runner, server):
    http = server({"/push": answer(200, '{"id": 9007199254740993,\r\n "ok":true}', "application/json")})
    one = runner(f'job push {{ post = "{http.url}/push" }}')
    jid = one.scheduler.give("push", {"user": 7}, "x", attempts=2, custom={"a": 1.50})
    verb, result = one.scheduler.result()
    assert verb == "ACK" and result["jid"] == jid
    details = result["result"]
    assert (details["reason"], details["code"]) == ("http", 200)
    assert details["value"] == {"id": 9007199254740993, "ok": True}
    assert details["output_head"].startswith('{"id"') and details["output_bytes"] == 37
    (request,) = http.requests
    assert (request.method, request.path) == ("POST", "/push")
    job = json.loads(request.body)
    assert job["jid"] == jid and job["args"] == [{"user": 7}, "x"] and b'"custom": {"a": 1.5}' in request.body
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-jobd-jid"] == request.headers["idempotency-key"] == jid
    assert request.headers["x-jobd-attempt"] == "2"
    assert "expect" not in request.headers


def test_methods_urls_headers_and_bodies_are_templates(runner, server):
    http = server({path: answer(200) for path in ("/get/a%2Fb%20c", "/put", "/patch", "/delete", "/form")})
    one = runner(f"""
job g {{ get = "{http.url}/get/{{{{name}}}}?q={{{{name}}}}" headers = {{"X-User: {{{{user.id}}}}", "X-Empty:"}} }}
job p {{ put = "{http.url}/put" body = '{{"n": "{{{{name}}}}", "items": [{{{{#items}}}}{{{{.}}}},{{{{/items}}}}0]}}' }}
job a {{ patch = "{http.url}/patch" body = "hello {{{{name}}}}" }}
job d {{ delete = "{http.url}/delete" }}
job f {{ post = "{http.url}/form" headers = {{"Content-Type: application/x-www-form-urlencoded"}} body = "n={{{{name}}}}" }}
""")
    args = {"name": "a/b c", "user": {"id": 5}, "items": [1, 2]}
    for name in "gpadf":
        one.scheduler.give(name, args if name != "p" else args | {"name": 'say "hi"'})
        assert one.scheduler.result()[0] == "ACK", one.errors()
    get, put, patch, delete, form = http.requests
    assert (get.method, get.path, get.body) == ("GET", "/get/a%2Fb%20c?q=a%2Fb%20c", b"")
    assert get.headers["x-user"] == "5" and get.headers["x-empty"] == ""
    assert put.method == "PUT" and json.loads(put.body) == {"n": 'say "hi"', "items": [1, 2, 0]}
    assert patch.method == "PATCH" and patch.body == b"hello a/b c"
    assert patch.headers["content-type"].startswith("text/plain")
    assert (delete.method, delete.body) == ("DELETE", b"") and "content-type" not in delete.headers
    assert form.body == b"n=a%2Fb%20c" and form.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "verb", "no_retry"),
    [(204, "ACK", None), (302, "FAIL", True), (400, "FAIL", True), (404, "FAIL", True), (408, "FAIL", None),
     (425, "FAIL", None), (429, "FAIL", None), (500, "FAIL", None), (503, "FAIL", None), (501, "FAIL", True)],
)  # fmt: skip
def test_the_status_decides(runner, server, status, verb, no_retry):
    http = server({"/": answer(status, "text", Location="http://localhost:1/")})
    one = runner(f'job j {{ post = "{http.url}/" no_retry = {{501}} }}')
    one.scheduler.give("j")
    said, result = one.scheduler.result()
    assert said == verb and result["result"]["code"] == status and result["result"].get("no_retry") == no_retry
    if verb == "FAIL":
        assert result["message"].startswith(f"HTTP {status}") and result["errtype"] == "HttpStatus"
        assert result["result"]["output_head"] == "text"
    assert len(http.requests) == 1


def test_retry_after_is_told(runner, server):
    later = formatdate(time.time() + 100, usegmt=True)
    http = server({
        "/seconds": answer(429, Retry_After="7"),
        "/date": answer(503, Retry_After=later),
        "/past": answer(503, Retry_After="Mon, 01 Jan 2024 00:00:00 GMT"),
        "/ages": answer(503, Retry_After="999999999999"),
        "/nonsense": answer(503, Retry_After="soon"),
        "/done": answer(200, Retry_After="7"),
    })  # fmt: skip
    one = runner("\n".join(f'job j{path[1:]} {{ post = "{http.url}{path}" }}' for path in http.paths))

    def told(path):
        one.scheduler.give(f"j{path}")
        return one.scheduler.result()[1]["result"].get("retry_after_ms")

    assert told("seconds") == 7000
    assert 90_000 <= told("date") <= 100_000
    assert told("past") is None
    assert told("ages") == 7 * 86400 * 1000
    assert told("nonsense") is None
    assert told("done") is None


def test_signatures_can_be_verified_with_any_secret(runner, server, tmp_path):
    secrets = tmp_path / "secrets"
    secrets.write_text("first secret\n\nsecond\r\n")
    http = server({"/": answer(200)})
    one = runner(f"""
job file  {{ post = "{http.url}/" secret_file = "{secrets}" }}
job plain {{ get = "{http.url}/" secret = "s3" signature_header = "X-Own" }}
""")

    def hmac(secret, text):
        said = subprocess.run(
            ["openssl", "dgst", "-sha256", "-hmac", secret], input=text, capture_output=True, check=True
        )
        return said.stdout.decode().split()[-1]

    def check(header, body, keys):
        time_part, *signatures = header.split(",")
        assert abs(int(time_part.removeprefix("t=")) - time.time()) < 60
        text = time_part.removeprefix("t=").encode() + b"." + body
        assert signatures == [f"v1={hmac(key, text)}" for key in keys]

    one.scheduler.give("file", {"a": "\u00e9"})
    one.scheduler.result()
    check(http.requests[0].headers["x-jobd-signature"], http.requests[0].body, ["first secret", "second"])
    # It is read at each job.
    secrets.write_text("third")
    one.scheduler.give("file")
    one.scheduler.result()
    check(http.requests[1].headers["x-jobd-signature"], http.requests[1].body, ["third"])
    one.scheduler.give("plain")
    one.scheduler.result()
    check(http.requests[2].headers["x-own"], b"", ["s3"])
    # Nothing goes out unsigned; the file may come back.
    for wrong in ("", None):
        secrets.unlink() if wrong is None else secrets.write_text(wrong)
        one.scheduler.give("file")
        verb, result = one.scheduler.result()
        assert verb == "FAIL" and "no_retry" not in result["result"], result
    assert len(http.requests) == 3


def test_connections_are_kept(runner, server):
    http = server({"/": answer(200)})
    one = runner(f'job j {{ post = "{http.url}/" }}\nrunner {{ concurrency = 1 }}')
    for _ in range(20):
        one.scheduler.give("j")
    for _ in range(20):
        assert one.scheduler.result()[0] == "ACK"
    assert {request.connection for request in http.requests} == {1}


def test_a_missing_name_is_final_and_named(runner, server):
    http = server({"/": answer(200)})
    one = runner(f"""
job url  {{ post = "{http.url}/{{{{nmae}}}}" }}
job head {{ post = "{http.url}/" headers = {{"X-A: {{{{v}}}}"}} }}
""")
    one.scheduler.give("url", {"name": 1})
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["message"] == "url:1: {{nmae}} is not among the job's arguments"
    assert result["result"]["reason"] == "template" and result["result"]["no_retry"] is True
    one.scheduler.give("head", {"v": "a\r\nX-B: b"})
    verb, result = one.scheduler.result()
    assert "{{v}} has a line break" in result["message"] and result["result"]["no_retry"] is True
    assert http.requests == []


def dribble(request):
    """Answers byte by byte, without end."""
    request.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        request.socket.sendall(b"x")
        time.sleep(0.01)


def flood(request):
    """A gigabyte, chunk by chunk."""
    request.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        request.socket.sendall(b"y" * 1048576)


def hang(request):
    """Nothing, until the other side goes."""
    request.socket.recv(1)


def broken(request):
    request.socket.sendall(b"\0\1\2 this is not HTTP\r\n\r\n")


def short(request):
    request.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def test_hostile_servers_end_by_the_time_out(runner, server):
    http = server({f"/{call.__name__}": call for call in (dribble, flood, hang, broken, short)} | {"/ok": answer(200)})
    one = runner(
        "".join(
            f'job {path[1:]} {{ post = "{http.url}{path}" output_max = "10K" '
            f'timeout = "{"500ms" if path in ("/dribble", "/hang") else "60s"}" }}\n'
            for path in http.paths
        )
    )
    jids = {one.scheduler.give(name): name for name in ("dribble", "hang", "broken", "short", "flood", "ok")}
    results = {jids[result["jid"]]: (verb, result) for verb, result in (one.scheduler.result() for _ in jids)}
    for name in ("dribble", "hang"):
        verb, result = results[name]
        assert verb == "FAIL" and result["result"]["reason"] == "timeout" and "no_retry" not in result["result"]
        assert 400 <= result["result"]["duration_ms"] < 5000 * STRETCH
    for name in ("broken", "short"):
        verb, result = results[name]
        assert verb == "FAIL" and result["result"]["reason"] == "network" and "no_retry" not in result["result"]
    # Its status was 200, and more of it is not waited for.
    verb, result = results["flood"]
    assert verb == "ACK" and 16 << 20 < result["result"]["output_bytes"] < 64 << 20, result
    assert len(result["result"]["output_head"]) == 5120 == len(result["result"]["output_tail"])
    assert results["ok"][0] == "ACK"
    status = (one.process.pid, open(f"/proc/{one.process.pid}/status").read())
    assert int(status[1].split("VmHWM:")[1].split()[0]) < 200_000 * STRETCH, status


def test_only_a_small_json_answer_becomes_the_result(runner, server):
    big = json.dumps("x" * 70000)
    http = server({
        "/big": answer(200, big, "application/json"),
        "/bad": answer(200, "{", "application/json"),
        "/text": answer(200, "7", "text/plain"),
        "/null": answer(200, "null", "application/problem+json"),
        "/none": answer(204, "", "application/json"),
        "/fail": answer(500, "{}", "application/json"),
    })  # fmt: skip
    one = runner("\n".join(f'job j{path[1:]} {{ post = "{http.url}{path}" }}' for path in http.paths))

    def value(name):
        one.scheduler.give(f"j{name}")
        return one.scheduler.result()[1]["result"].get("value", "none")

    assert [value(name) for name in ("big", "bad", "text", "null", "none", "fail")] == [
        "none", "none", "none", None, "none", "none"]  # fmt: skip


def test_certificates_are_checked(runner, server, certificate):
    http = server({"/": answer(200)}, certificate=certificate)
    one = runner(f"""
job strict {{ post = "{http.url}/" }}
job known  {{ post = "{http.url}/" ca_file = "{certificate}.crt" }}
job other  {{ post = "https://127.0.0.1:{http.port}/" ca_file = "{certificate}.crt" }}
job lax    {{ post = "https://127.0.0.1:{http.port}/" tls_verify = false }}
""")

    def outcome(name):
        one.scheduler.give(name)
        verb, result = one.scheduler.result()
        return verb, result["result"]["reason"]

    assert outcome("strict") == ("FAIL", "network")
    assert outcome("known") == ("ACK", "http")
    assert outcome("other") == ("FAIL", "network")
    assert outcome("lax") == ("ACK", "http")


def test_a_proxy_is_asked_instead(runner, server):
    def proxied(request):
        return answer(200 if request.method == "GET" else 400)

    proxy = server({"http://nowhere.invalid/x": proxied})
    one = runner(f'job j {{ get = "http://nowhere.invalid/x" proxy = "http://127.0.0.1:{proxy.port}" }}')
    one.scheduler.give("j")
    assert one.scheduler.result()[0] == "ACK"


def test_a_target_that_is_not_there_is_tried_again(runner):
    one = runner(f"""
job refused  {{ post = "http://127.0.0.1:{free_port()}/" }}
job nameless {{ post = "http://nowhere.invalid/" }}
""")
    for name in ("refused", "nameless"):
        one.scheduler.give(name)
        verb, result = one.scheduler.result()
        assert verb == "FAIL" and result["result"]["reason"] == "network" and "no_retry" not in result["result"]


def test_cancelling_ends_a_request(runner, server):
    http = server({"/": hang})
    one = runner(f'job j {{ post = "{http.url}/" }}')
    jid = one.scheduler.give("j")
    http.wait_requests(1)
    one.scheduler.order(jid, "cancelled")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["result"]["reason"] == "cancelled"


def test_a_stop_waits_for_requests_and_then_gives_them_back(runner, server):
    def slow(request):
        go.recv(1)
        return answer(200)

    go, release = socket.socketpair()
    http = server({"/slow": slow, "/hang": hang})
    one = runner(f'job slow {{ post = "{http.url}/slow" }}\njob hang {{ post = "{http.url}/hang" }}')
    jids = {one.scheduler.give(name): name for name in ("slow", "hang")}
    http.wait_requests(2)
    one.process.terminate()
    wait_for(lambda: "stopping" in one.errors(), "the stop")
    release.send(b"x")
    results = {jids[result["jid"]]: (verb, result["result"]["reason"])
               for verb, result in (one.scheduler.result(), one.scheduler.result())}  # fmt: skip
    assert results == {"slow": ("ACK", "http"), "hang": ("FAIL", "stopped")}
    assert one.process.wait(20) == 0


def test_an_open_breaker_gives_jobs_back(runner, server):
    states = []

    def moody(request):
        return answer(states.pop(0))

    http = server({"/": moody})
    one = runner(f'job j {{ post = "{http.url}/" breaker {{ failures = 2 pause = "300ms" }} }}')

    def outcome():
        one.scheduler.give("j")
        verb, result = one.scheduler.result()
        return (verb, result)

    states[:] = [500, 503]
    assert outcome()[0] == outcome()[0] == "FAIL"
    wait_for(lambda: [b["state"] for b in one.scheduler.breakers] == ["open"], "the breaker to open")
    assert one.scheduler.breakers[0]["target"] == f"http://localhost:{http.port}"
    assert one.scheduler.breakers[0]["failures"] == 2 and "T" in one.scheduler.breakers[0]["until"]
    verb, result = outcome()
    assert verb == "RETURN" and 0 < result["delay_ms"] < 1000 and "breaker" in result["reason"]
    # A failure of the one that tries opens it again, an answer closes it.
    for status, state in ((500, "open"), (200, "closed")):
        states[:] = [status]
        count = len(http.requests)
        wait_for(lambda: outcome()[0] != "RETURN", "the pause to be over")
        assert len(http.requests) == count + 1
        wait_for(lambda: one.scheduler.breakers[-1]["state"] == state, "the breaker's word")
    assert [b["state"] for b in one.scheduler.breakers] == ["open", "half-open", "open", "half-open", "closed"]
    states[:] = [404, 200]
    assert outcome()[0] == "FAIL" and outcome()[0] == "ACK"


def test_requests_do_not_fork(runner, server):
    http = server({"/": answer(200)})
    one = runner(f'job j {{ post = "{http.url}/" }}\nrunner {{ concurrency = 50 }}')
    for _ in range(100):
        one.scheduler.give("j")
    for _ in range(100):
        assert one.scheduler.result()[0] == "ACK"
    # The number of the next process is ours: nothing was started meanwhile but threads.
    children = open(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read()
    assert children == ""
