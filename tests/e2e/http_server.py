"""A small HTTP server for tests, good or hostile: each path is a function of the request.

    with HttpServer({"/ok": answer(200, "{}", "application/json")}) as server:
        …
    server.requests[0].headers["x-jobd-jid"]

A function may write to the socket itself and return None; then the connection is closed.
"""

import contextlib
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass

import pytest
from wire import STRETCH


@dataclass
class Request:
    method: str
    path: str
    headers: dict
    body: bytes
    connection: int  # its number: the same for requests on one connection
    socket: object = None


def answer(status, body=b"", content_type="text/plain", **headers):
    """The bytes of an answer that leaves the connection open."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {content_type}", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class HttpServer:
    def __init__(self, paths, certificate=None):
        self.paths = paths
        self.requests = []
        self.changed = threading.Condition()
        self.connections = 0
        self.sockets = []
        self.stopping = threading.Event()
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def wait_requests(self, count, timeout=20 * STRETCH):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= count, timeout), self.requests
            return list(self.requests)

    def _accept(self):
        while not self.stopping.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.sockets.append(client)
            threading.Thread(target=self._serve, args=(client, self.connections), daemon=True).start()

    def _serve(self, client, number):
        with contextlib.suppress(OSError, ValueError), client:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            file = client.makefile("rb")
            while request := self._read(file, client, number):
                with self.changed:
                    self.requests.append(request)
                    self.changed.notify_all()
                said = self.paths[request.path.split("?")[0]]
                said = said(request) if callable(said) else said
                if said is None:
                    return
                client.sendall(said)

    @staticmethod
    def _read(file, client, number):
        line = file.readline().decode()
        if not line:
            return None
        method, path, _ = line.split()
        headers = {}
        while (line := file.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", 0)))
        return Request(method, path, headers, body, number, client)


@pytest.fixture
def server():
    made = []

    def make(paths, **options):
        made.append(HttpServer(paths, **options))
        return made[-1]

    yield make
    for one in made:
        one.__exit__()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that only itself vouches for, with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (path.parent / f"{path.name}.crt").read_text())
    return path
