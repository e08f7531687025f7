"""Servers that answer as a test tells them to: for jobctl against good, bad and broken ones.

    with FakeServer(run_dir, "control.sock", {"STATUS": array({"name": "web"})}) as server:
        …
    assert server.requests == ["STATUS web"]
"""

import json
import socket
import threading

from wire import STRETCH

HI = b'+HI {"v":1,"version":"0.1.0","pid":4711}\r\n'
QUEUE_HI = b'+HI {"v":2}\r\n'


def bulk(value):
    data = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


def array(*items):
    return b"*%d\r\n" % len(items) + b"".join(bulk(item) for item in items)


def error(text):
    return b"-" + text.encode() + b"\r\n"


OK = b"+OK\r\n"
NIL = b"$-1\r\n"


class Steps:
    """An answer in steps: bytes are sent, functions are called (and may wait), CLOSE closes."""

    def __init__(self, *steps):
        self.steps = steps


CLOSE = object()


class FakeServer:
    """Answers a request by its verb: with bytes, Steps, or what a function of the line returns."""

    def __init__(self, run_dir, name, answers=None, greeting=None):
        self.path = run_dir / name
        self.answers = answers or {}
        self.is_queue = name == "queue.sock"
        self.greeting = greeting if greeting is not None else QUEUE_HI if self.is_queue else HI
        self.requests = []
        self.clients = []
        self.changed = threading.Condition()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.path))
        self.listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def stop_listening(self):
        """The file stays, and nobody is behind it any more."""
        if self.listener.fileno() != -1:
            # This wakes the thread that accepts, which close alone does not.
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()

    def close(self):
        self.stop_listening()
        for client in self.clients:
            client.close()
        self.path.unlink(missing_ok=True)

    def wait_request(self, verb, count=1, timeout=20 * STRETCH):
        """Wait until so many requests with this verb have come."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.count(verb) >= count, timeout), self.requests

    def count(self, verb):
        return sum(line.split(" ")[0] == verb for line in self.requests)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            if self.is_queue:
                client.sendall(self.greeting)
            for line in client.makefile("rb"):
                self._answer(client, line.decode(errors="replace").rstrip("\r\n"))
        except OSError:
            pass

    def _answer(self, client, line):
        verb = line.split(" ")[0]
        if verb == "HELLO":
            client.sendall(OK if self.is_queue else self.greeting)
            return
        with self.changed:
            self.requests.append(line)
            self.changed.notify_all()
        answer = self.answers.get(verb, error(f"ERR unknown verb {verb}"))
        if callable(answer):
            answer = answer(line)
        for step in answer.steps if isinstance(answer, Steps) else [answer]:
            if step is CLOSE:
                client.shutdown(socket.SHUT_RDWR)
                return
            if callable(step):
                step = step()
            if step:
                client.sendall(step)
