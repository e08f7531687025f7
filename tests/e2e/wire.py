"""A small client of jobd's three sockets: one request line out, RESP replies in.

For tests that wait for events without starting a jobctl, and for tests of the protocol itself.
"""

import array
import fcntl
import json
import os
import socket
import termios
import time

# Sanitizers and valgrind are slow; they stretch every deadline, not the tests.
STRETCH = float(os.environ.get("JOBD_TEST_STRETCH", "1"))


class WireError(Exception):
    """A reply "-CODE text"."""


class WireClosed(Exception):
    """The other side closed the connection."""


class Wire:
    def __init__(self, path, hello=True, timeout=20.0 * STRETCH, tls=None):
        """path of a unix socket, or (host, port); tls is an ssl.SSLContext."""
        family = socket.AF_INET if isinstance(path, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.timeout = timeout
        self.socket.settimeout(timeout)
        self.buffer = b""
        try:
            self.socket.connect(path if isinstance(path, tuple) else str(path))
            if tls is not None:
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
            if hello:
                self.hello()
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def hello(self):
        self.send('HELLO {"v":1}')
        return self.reply()

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def is_read(self):
        """Whether the other side has read all that was sent; for unix sockets, whose bytes count until then."""
        unread = array.array("i", [0])
        fcntl.ioctl(self.socket, termios.TIOCOUTQ, unread)
        return unread[0] == 0

    def request(self, line):
        """Send one line and return its whole reply; arrays become lists, JSON objects dicts."""
        self.send(line)
        return self.reply()

    def together(self, *lines):
        """Send the lines at once, so that no time passes between them for who reads them; returns the replies."""
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())
        return [self.reply() for _ in lines]

    def reply(self, deadline=None):
        head = self._line(deadline)
        kind, rest = head[:1], head[1:].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            raise WireError(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            data = self._take(int(rest) + 2, deadline)[:-2]
            if data[:1] in (b"{", b"["):
                return json.loads(data)
            return data
        if kind == b"*":
            return None if int(rest) < 0 else [self.reply(deadline) for _ in range(int(rest))]
        raise AssertionError(f"not RESP: {head[:100]!r}")

    def _fill(self, deadline):
        self.socket.settimeout(
            self.timeout if deadline is None else max(0.001, deadline - time.monotonic())
        )
        data = self.socket.recv(65536)
        if not data:
            raise WireClosed("the other side closed the connection")
        self.buffer += data

    def _line(self, deadline):
        while b"\r\n" not in self.buffer:
            self._fill(deadline)
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def _take(self, count, deadline):
        while len(self.buffer) < count:
            self._fill(deadline)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data
