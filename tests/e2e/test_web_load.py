"""Many requests at a time over jobd-web's few connections, and bodies that are handed on to the letter."""

import concurrent.futures
import http.client
import json
import os
import resource
import select
import signal
import socket
import struct
import threading

import pytest

from jobd_fixture import STRETCH, wait_for
from test_web import JOBS, Api

CLIENTS = 50
STREAMS = 1000


@pytest.fixture
def api(jobd, free_port):
    return Api(jobd(f'http {{ listen = "127.0.0.1:{free_port}" }}\n{JOBS}'), free_port)


def ask_many(api, requests):
    """The answers of all of them, in their order, each client on a kept connection."""
    local = threading.local()

    def one(request):
        method, path, body = request
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
        local.connection.request(method, path, body if body is None else json.dumps(body))
        response = local.connection.getresponse()
        return response.status, json.loads(response.read() or b"null")

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, requests))


def test_each_gets_his_own_answer(api):
    """Good and bad ones, short and long, quick and slow, mixed."""
    pushes = [("POST", "/api/v1/jobs", {"type": "w", "id": f"client-{number:04}", "args": [number, "x" * (number % 7 * 3000)]}) for number in range(400)]
    assert [(status, body["id"]) for status, body in ask_many(api, pushes)] == [(202, f"client-{number:04}") for number in range(400)]
    looks = []
    for number in range(400):
        looks.append(("GET", f"/api/v1/jobs/client-{number:04}", None))
        if number % 10 == 0:
            looks += [("GET", f"/api/v1/jobs/nobody-{number:04}", None), ("GET", "/api/v1/jobs?limit=200", None), ("POST", "/api/v1/jobs", {"type": ""})]
    for (_, path, _), (status, body) in zip(looks, ask_many(api, looks)):
        if "client-" in path:
            number = int(path[-4:])
            assert (status, body["id"], body["args"]) == (200, f"client-{number:04}", [number, "x" * (number % 7 * 3000)])
        elif "limit" in path:
            assert status == 200 and len(body["jobs"]) == 200
        else:
            assert status == (404 if "nobody" in path else 422), body


def test_each_change_has_its_line_in_the_log(api):
    """Many of them are written together, and the last ones do not wait for somebody to come."""
    line = b"did=POST /api/v1/jobs status=202\n"

    def wait_lines(count):
        wait_for(lambda: api.daemon.log("http").count(line) == count, lambda: f"{api.daemon.log('http').count(line)} lines to be {count}", 5)

    pushes = [("POST", "/api/v1/jobs", {"type": "w", "args": [number]}) for number in range(1000)]
    assert {status for status, _ in ask_many(api, pushes)} == {202}
    wait_lines(1000)
    # Who stays connected and asks nothing wakes nobody.
    request = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n" + b'{"type":"w"}'
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        for _ in range(20):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")
        wait_lines(1020)


def test_no_answer_keeps_what_was_added_to_another(api):
    """Over one connection: answers of the same length, good and bad, each with the headers of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    for number in range(100):
        name = f"mine-{number:04}" if number % 3 else ""
        connection.request("POST", "/api/v1/jobs", json.dumps({"type": "w" if name else "", "id": name or "none"}))
        response = connection.getresponse()
        body = json.loads(response.read())
        assert response.status == (202 if name else 422) and body.get("id", "") == name
        assert response.headers.get_all("Location") == ([f"/api/v1/jobs/{name}"] if name else None)
        assert response.headers.get_all("Content-Type") == ["application/json" if name else "application/problem+json"]
        assert response.headers.get_all("Cache-Control") == ["no-store"]
    connection.close()


def test_nothing_is_lost_when_the_scheduler_dies(api):
    """Who waits is told; what was answered with 202 is there."""
    pid = api.daemon.status("scheduler")["pid"]
    pushes = [("POST", "/api/v1/jobs", {"type": "w", "id": f"before-{number:04}"}) for number in range(1500)]
    killer = threading.Timer(0.05, os.kill, (pid, signal.SIGKILL))
    killer.start()
    answers = ask_many(api, pushes)
    killer.join()
    assert {status for status, _ in answers} <= {202, 503}
    wait_for(api.is_up, "the scheduler again")
    accepted = [("GET", f"/api/v1/jobs/{body['id']}", None) for status, body in answers if status == 202]
    assert all(status == 200 for status, _ in ask_many(api, accepted))


@pytest.mark.parametrize("after", [0, 0.1])
def test_who_leaves_before_his_answer_harms_nobody(api, after):
    """At once, and so late that he is waited for in another way: the others are answered, and what he pushed is there once. A
    long body comes through meanwhile."""
    pid = api.daemon.status("scheduler")["pid"]
    os.kill(pid, signal.SIGSTOP)
    leaving, staying = [], []
    for number in range(40):
        body = b'{"type":"w","id":"leaver-%04d"}' % number
        client = socket.create_connection(("127.0.0.1", api.port), timeout=20 * STRETCH)
        client.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        (leaving if number % 2 else staying).append(client)
    select.select([], [], [], after)
    for client in leaving:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    os.kill(pid, signal.SIGCONT)
    assert all(b"202 Accepted" in client.recv(4096) for client in staying)
    for client in staying:
        client.close()
    large = {"jobs": [{"type": "w", "args": ["x" * 30_000]}] * 20}
    assert [status for status, _ in ask_many(api, [("POST", "/api/v1/jobs", large)] + [("GET", "/api/v1/jobs/leaver-0000", None)] * 200)] == [202] + [200] * 200
    assert api("GET", "/api/v1/jobs/count?type=w")[1]["count"] in range(40, 61)


def test_a_body_is_handed_on_to_the_letter(api):
    body = b'{\r\n\t"type" : "w",\n "args": [ 12345678901234567890123, 1.10, "a \\" \\\\\\u00e9\\n  b", "\xc3\xa9" ] }\n'
    jid = api("POST", "/api/v1/jobs", body)[1]["id"]
    assert b'"args":[12345678901234567890123,1.10,"a \\" \\\\\\u00e9\\n  b","\xc3\xa9"]' in api.raw("GET", f"/api/v1/jobs/{jid}")[1]
    jid = api("POST", "/api/v1/jobs", b' [ {"type":"w" ,\n"args":[ 1e400 ] } ] ')[1]["jobs"][0]["id"]
    assert b'"args":[1e400]' in api.raw("GET", f"/api/v1/jobs/{jid}")[1]
    for page in "/jobs", f"/jobs/{jid}":
        assert api.raw("GET", page)[0].status == 200


def test_what_can_be_understood_in_two_ways_is_refused(api):
    assert api("POST", "/api/v1/jobs", b'{"type":"w","args":[1],"args":[2]}')[0] == 400
    assert api("POST", "/api/v1/jobs", b'[{"type":"w"},{"type":"w","id":"client-0001","id":"client-0002"}]')[0] == 400
    assert api("GET", "/api/v1/jobs/count")[1]["count"] == 0


def test_a_key_is_of_one_type(api):
    """Nobody believes that his job is stored because one of another type is."""
    first = api("POST", "/api/v1/jobs", {"type": "w", "idempotency_key": "order 17"})[1]
    status, problem = api("POST", "/api/v1/jobs", {"type": "other", "idempotency_key": "order 17"})
    assert status == 409 and first["id"] in problem["detail"]
    status, problem = api("POST", "/api/v1/jobs", {"type": "other", "id": first["id"]})
    assert status == 409 and first["id"] in problem["detail"]
    assert api("POST", "/api/v1/jobs", {"type": "w", "args": [2], "idempotency_key": "order 17"})[1]["replayed"] is True


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_hear_of_an_event(api, many_files):
    """Each has its stream, and others are served meanwhile."""
    wait_for(api.is_up, "the web side")
    api.daemon.wait_state("steady", "RUNNING")
    streams = []
    try:
        for _ in range(STREAMS):
            connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30 * STRETCH)
            connection.request("GET", "/api/v1/events")
            streams.append((connection, connection.getresponse()))
        for _, response in streams:
            assert response.status == 200
            while response.readline() != b"event: reset\n":
                pass
        assert api("POST", "/api/v1/programs/steady/stop")[0] == 202
        for _, response in streams:
            while response.readline() != b"event: program\n":
                pass
            event = json.loads(response.readline().removeprefix(b"data: "))
            assert (event["name"], event["to"]) == ("steady", "STOPPING")
        assert api("GET", "/health/live")[0] == 200
    finally:
        for connection, _ in streams:
            connection.close()
