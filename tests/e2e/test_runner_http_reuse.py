"""What jobd-runner keeps from one request to the next: connections and libcurl's handles, but nothing of the last job."""

import base64
import json
import os
import socket
from pathlib import Path

from http_server import answer, certificate, server  # noqa: F401
from jobd_fixture import wait_for


def outcome(one, name, *args):
    one.scheduler.give(name, *args)
    verb, result = one.scheduler.result()
    return verb, result["result"]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_nothing_of_a_request_is_left_for_the_next_to_the_same_url(runner, server):
    http = server({"/": answer(200, "{}", "application/json")})
    url = f"{http.url}/"
    one = runner(f"""
runner {{ concurrency = 1 }}
job g {{ get = "{url}" headers = {{"X-Only: get"}} }}
job p {{ post = "{url}" }}
job u {{ put = "{url}" body = "put it" }}
job d {{ delete = "{url}" }}
job b {{ delete = "{url}" body = "with a body" }}
""")
    expected = {"g": ("GET", b""), "u": ("PUT", b"put it"), "d": ("DELETE", b""), "b": ("DELETE", b"with a body")}
    # Each behind each.
    order = "gpgugdgbpupdpbudubdbgppuuddbbgg"
    for name in order:
        assert outcome(one, name)[0] == "ACK"
    for name, request in zip(order, http.requests, strict=True):
        if name == "p":
            assert request.method == "POST" and json.loads(request.body)["jobtype"] == "p"
        else:
            assert (request.method, request.body) == expected[name]
        assert ("x-only" in request.headers) == (name == "g")
        assert ("content-type" in request.headers) == (name in "pub")
        assert ("content-length" in request.headers) == (name in "pub")
    assert {request.connection for request in http.requests} == {1}


def test_urls_that_change_with_each_job(runner, server):
    http = server({f"/{number}": answer(200) for number in range(40)})
    one = runner(f'job j {{ get = "{http.url}/{{{{n}}}}?q={{{{q}}}}" }}\nrunner {{ concurrency = 4 }}')
    for number in range(40):
        one.scheduler.give("j", {"n": number, "q": "a b&c"})
    for _ in range(40):
        assert one.scheduler.result()[0] == "ACK"
    assert sorted(request.path for request in http.requests) == sorted(f"/{n}?q=a%20b%26c" for n in range(40))


def test_a_password_in_a_url_is_for_that_url_alone(runner, server):
    http = server({"/": answer(200)})
    one = runner(f"""
runner {{ concurrency = 1 }}
job open   {{ get = "{http.url}/" }}
job locked {{ get = "{http.url.replace("//", "//me:se%20cret@")}/" }}
""")
    for name in ("open", "locked", "locked", "open"):
        assert outcome(one, name)[0] == "ACK"
    basic = "Basic " + base64.b64encode(b"me:se cret").decode()
    assert [request.headers.get("authorization") for request in http.requests] == [None, basic, basic, None]


def test_a_proxy_and_certificates_are_for_their_jobs_alone(runner, server, certificate):
    http = server({"/": answer(200)}, certificate=certificate)
    proxy = server({"http://nowhere.invalid/": answer(200)})
    one = runner(f"""
runner {{ concurrency = 1 }}
job known   {{ post = "{http.url}/" ca_file = "{certificate}.crt" }}
job strict  {{ post = "{http.url}/" }}
job lax     {{ post = "{http.url}/" tls_verify = false }}
job proxied {{ get = "http://nowhere.invalid/" proxy = "http://127.0.0.1:{proxy.port}" }}
job direct  {{ get = "http://nowhere.invalid/" }}
""")
    for name, verb in (("known", "ACK"), ("strict", "FAIL"), ("lax", "ACK"), ("strict", "FAIL"), ("known", "ACK"),
                       ("proxied", "ACK"), ("direct", "FAIL"), ("proxied", "ACK")):  # fmt: skip
        assert outcome(one, name)[0] == verb, name


def test_a_proxy_of_the_environment_is_asked(runner, server):
    proxy = server({"http://nowhere.invalid/": answer(200)})
    one = runner('job j { get = "http://nowhere.invalid/" }', env={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
    assert outcome(one, "j")[0] == outcome(one, "j")[0] == "ACK"


def test_a_url_that_is_none_is_final_and_harms_no_other(runner, server):
    http = server({"/": answer(200)})
    one = runner(f"""
runner {{ concurrency = 1 }}
job good {{ get = "{http.url}/" }}
job bad  {{ get = "http://{{{{{{host}}}}}}/" }}
""")
    for host in ("a:b:c", "[::1", "localhost:99999", "a b", ""):
        verb, result = outcome(one, "bad", {"host": host})
        assert verb == "FAIL" and result["no_retry"] is True, (host, result)
        assert outcome(one, "good")[0] == "ACK"
    assert len(http.requests) == 5


def test_a_kept_connection_that_the_server_closes(runner, server):
    """It is no work for the runner until it wants the connection, and the next job has a new one."""
    # Only an answer that is waited for makes the runner watch the connection.
    closing = server({"/": lambda request: (closing.stopping.wait(0.05), answer(200))[1]})
    slow = server({"/": lambda request: (slow.stopping.wait(1.5), answer(200))[1]})
    one = runner(f"""
runner {{ concurrency = 8 }}
job quick {{ get = "{closing.url}/" }}
job slow  {{ get = "{slow.url}/" }}
""")

    def descriptors():
        return len(os.listdir(f"/proc/{one.process.pid}/fd"))

    counts = []
    for _ in range(3):
        for _ in range(8):
            one.scheduler.give("quick")
        for _ in range(8):
            assert one.scheduler.result()[0] == "ACK"
        for kept in closing.sockets:
            kept.shutdown(socket.SHUT_RDWR)
        closing.sockets.clear()
        before = cpu_seconds(one.process.pid)
        assert outcome(one, "slow")[0] == "ACK"
        assert cpu_seconds(one.process.pid) - before < 0.5
        counts.append(descriptors())
    assert max(counts) <= min(counts) + 8, counts
    wait_for(lambda: one.process.poll() is None, "the runner to live")
