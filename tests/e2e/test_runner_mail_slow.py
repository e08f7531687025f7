"""Mail servers that take their time: a slow greeting, many recipients, others beside them."""

import contextlib
import itertools
import socket
import threading
import time

import pytest
from jobd_fixture import STRETCH, wait_for
from smtp_server import SmtpServer
from test_runner_mail import config

MAIL = 'to = "a@example.org" subject = "x" text = "y"'


class SlowGreeter:
    """In front of a good server: hands its greeting on byte by byte, `pause` seconds between two, `delay` seconds
    after it was let go."""

    def __init__(self, server, delay=0.0, pause=0.0, greeting=None):
        self.server, self.delay, self.pause, self.greeting = server, delay, pause, greeting
        self.closed, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()
        self.waiting = self.gone = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed.set()
        self.let_go.set()
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _greet(self, client, greeting):
        self.let_go.wait()
        self.closed.wait(self.delay)
        for byte in greeting:
            client.sendall(bytes([byte]))
            if self.closed.wait(self.pause):
                return

    def _serve(self, client):
        self.waiting += 1
        try:
            with client, socket.create_connection(("127.0.0.1", self.server.port)) as upstream:
                line = upstream.makefile("rb", buffering=0).readline()
                self._greet(client, self.greeting or line)
                back = threading.Thread(target=self._copy, args=(upstream, client), daemon=True)
                back.start()
                self._copy(client, upstream)
                back.join()
        except OSError:
            pass
        finally:
            self.gone += 1

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def smtp():
    with SmtpServer() as server:
        yield server


@pytest.fixture
def greeter(smtp):
    made = []

    def make(**options):
        made.append(SlowGreeter(smtp, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("options", [{"pause": 0.02}, {"delay": 1.5}])
def test_a_slow_greeting_is_waited_for(runner, smtp, greeter, options):
    server = greeter(**options)
    one = runner(config(server, MAIL, timeout='"30s"') + 'job quick { command = "true" }')
    server.let_go.clear()
    jid = one.scheduler.give("m")
    wait_for(lambda: server.waiting == 1, "the connection")
    # Others are not disturbed meanwhile.
    one.scheduler.give("quick")
    verb, result = one.scheduler.result()
    assert verb == "ACK" and result["jid"] != jid and smtp.mails == []
    server.let_go.set()
    verb, result = one.scheduler.result()
    assert (verb, result["jid"]) == ("ACK", jid) and len(smtp.mails) == 1
    # The next mail has the connection that stands: it is greeted no more.
    one.scheduler.give("m")
    assert one.scheduler.result()[0] == "ACK"
    assert server.waiting == 1 and len(smtp.mails) == 2


def endless():
    yield from b"220-"
    yield from itertools.repeat(ord("x"))


@pytest.mark.parametrize(
    "options", [{"delay": 60}, {"pause": 0.2}, {"pause": 0.01, "greeting": endless()}], ids=["late", "slow", "endless"]
)
def test_a_greeting_that_is_too_slow_ends_by_the_jobs_timeout(runner, smtp, greeter, options):
    server = greeter(**options)
    one = runner(config(server, MAIL, 'timeout = "700ms"', timeout='"30s"') + 'job quick { command = "true" }')
    jid = one.scheduler.give("m")
    wait_for(lambda: server.waiting == 1, "the connection")
    quick = one.scheduler.give("quick")
    results = {result["jid"]: (verb, result) for verb, result in (one.scheduler.result(), one.scheduler.result())}
    assert results[quick][0] == "ACK"
    verb, result = results[jid]
    assert verb == "FAIL", result
    details = result["result"]
    assert details["reason"] in ("timeout", "network") and "no_retry" not in details, details
    assert 600 <= details["duration_ms"] < 5000 * STRETCH
    assert smtp.mails == []
    # It hung up.
    wait_for(lambda: "delay" in options or server.gone == 1, "the connection to be closed")


def test_a_slow_greeting_is_ended_by_an_order(runner, greeter):
    server = greeter(delay=60)
    one = runner(config(server, MAIL, timeout='"60s"'))
    jid = one.scheduler.give("m")
    wait_for(lambda: server.waiting == 1, "the connection")
    one.scheduler.order(jid, "cancelled")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["jid"] == jid and result["result"]["reason"] == "cancelled"


def test_one_mail_to_a_hundred(runner):
    with SmtpServer(delay=0.2, refuse={"r50@example.org": "550 no such user"}) as server:
        one = runner(config(server, 'to = "{{to}}" subject = "x" text = "y"'))
        everybody = [f"r{number}@example.org" for number in range(100)]
        began = time.monotonic()
        one.scheduler.give("m", {"to": everybody})
        verb, result = one.scheduler.result()
        took = time.monotonic() - began
        assert verb == "ACK", result
        (mail,) = server.mails
        assert mail.recipients == [to for to in everybody if to != "r50@example.org"]
        assert [entry["to"] for entry in result["result"]["value"]["rejected"]] == ["r50@example.org"]
        assert took < 5 * STRETCH, took
