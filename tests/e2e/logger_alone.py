"""jobd's side of the logger's contract, for tests of jobd-logger alone: keeps the pipes, the journal and the
listening socket, and passes them on as jobd does, also to a second logger after the first was killed."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from jobd_fixture import STRETCH, build_dir, wait_for
from wire import Wire


class LoggerAlone:
    def __init__(self, env=None, wrapper=(), directory=None):
        self.dir = Path(directory or tempfile.mkdtemp(prefix="jobd-logger-", dir="/tmp"))
        self.log_dir = self.dir / "log"
        self.log_dir.mkdir(exist_ok=True)
        self.errors_path = self.dir / "errors"
        self.output_path = self.dir / "output"
        self.env = {**os.environ, **(env or {})}
        self.wrapper = list(wrapper)
        self.binary = str(build_dir() / "src/jobd-logger/jobd-logger")
        self.journal = os.memfd_create("journal")
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.dir / "log.sock"))
        self.listening.listen(64)
        self.stdout = self.stderr = None
        self.channel = None
        self.pid = None
        self.streams = {}  # id → message without the verb, and the read end
        self.writers = {}  # id → write end
        self.ended = set()
        self.dropped = {}  # id → (lines, bytes)
        self.limits = None
        self.next_id = 1
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify.sock"))
        self.env["NOTIFY_SOCKET"] = str(self.dir / "notify.sock")

    def start(self, wait=True):
        with contextlib.suppress(BlockingIOError):
            self.notify.setblocking(False)
            while self.notify.recv(100):
                pass
        self.notify.settimeout(20 * STRETCH)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel = ours
        errors = os.open(self.errors_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        output = self.stdout
        if output is None:
            output = os.open(self.output_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        pid = os.fork()
        if pid == 0:
            try:
                self._exec([theirs.fileno(), self.journal, self.listening.fileno()], output, errors)
            finally:
                os._exit(127)
        self.pid = pid
        theirs.close()
        os.close(errors)
        if self.stdout is None:
            os.close(output)
        if self.limits:
            self.send(self.limits)
        for stream, (text, end) in self.streams.items():
            self._send_stream(stream, text, end)
        if wait:
            assert self.notify.recv(100) == b"READY=1"
        return self

    def _exec(self, descriptors, output, errors):
        os.setsid()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 200) for fd in [*descriptors, output, errors]]
        for number, fd in enumerate(high[: len(descriptors)], 3):
            os.dup2(fd, number, inheritable=True)
        os.dup2(high[-2], 1, inheritable=True)
        os.dup2(self.stderr if self.stderr is not None else high[-1], 2, inheritable=True)
        os.closerange(3 + len(descriptors), 4096)
        env = {
            **self.env,
            "LISTEN_PID": str(os.getpid()),
            "LISTEN_FDS": str(len(descriptors)),
            "LISTEN_FDNAMES": "channel:journal:log",
        }
        command = [*self.wrapper, self.binary]
        os.execvpe(command[0], command, env)

    # What jobd says to the logger.

    def send(self, text, *fds):
        socket.send_fds(self.channel, [text.encode()], list(fds))

    def set_limits(self, **limits):
        self.limits = "LIMITS " + " ".join(f"{key}={value}" for key, value in limits.items())
        self.send(self.limits)

    def _send_stream(self, stream, text, *fds):
        self.send(f"STREAM id={stream} {text}", *fds)

    def stream_text(self, name, kind="stdout", path=None, **settings):
        path = path or self.log_dir / f"{name}.log"
        words = {"name": name, "stream": kind, "path": path, "maxbytes": 52428800, "backups": 10, **settings}
        return " ".join(f"{key}={quote(str(value), safe='/:')}" for key, value in words.items())

    def add_stream(self, name, kind="stdout", path=None, **settings):
        """Hands a new pipe over; returns its id. The write end is in self.writers."""
        stream = self.next_id
        self.next_id += 1
        read_end, write_end = os.pipe()
        text = self.stream_text(name, kind, path, **settings)
        self.streams[stream] = (text, read_end)
        self.writers[stream] = write_end
        self._send_stream(stream, text, read_end)
        return stream

    def change_stream(self, stream, *arguments, **settings):
        text = self.stream_text(*arguments, **settings)
        self.streams[stream] = (text, self.streams[stream][1])
        self._send_stream(stream, text)

    def write(self, stream, data):
        view = memoryview(data.encode() if isinstance(data, str) else data)
        while view:
            view = view[os.write(self.writers[stream], view) :]

    def end_stream(self, stream):
        self.send(f"END id={stream}")
        self.wait_message(lambda: stream in self.ended, f"ENDED id={stream}")

    # What it says to jobd.

    def read_messages(self, timeout=0.0):
        self.channel.settimeout(timeout or 0.0001)
        with contextlib.suppress(TimeoutError, BlockingIOError, ConnectionError):
            while data := self.channel.recv(65536):
                verb, *words = data.decode().split()
                values = dict(word.split("=") for word in words)
                stream = int(values["id"])
                if verb == "ENDED":
                    self.ended.add(stream)
                    os.close(self.streams.pop(stream)[1])
                    os.close(self.writers.pop(stream))
                elif verb == "DROPPED":
                    self.dropped[stream] = (int(values["lines"]), int(values["bytes"]))
        self.channel.settimeout(None)

    def wait_message(self, question, what, timeout=20):
        def answer():
            self.read_messages(0.02)
            return question()

        wait_for(answer, lambda: f"{what}; the logger said:\n{self.errors()}", timeout)

    # Its life.

    def is_running(self):
        return self.pid is not None and os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def wait_exit(self, timeout=20):
        """Its exit code, or the negative signal."""
        result = wait_for(lambda: (found := os.waitpid(self.pid, os.WNOHANG))[0] and found, "the logger's end", timeout)
        self.pid = None
        self.channel.close()
        return os.waitstatus_to_exitcode(result[1])

    def kill9(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.read_messages()
        self.channel.close()
        self.pid = None

    def stop(self, timeout=20):
        os.kill(self.pid, signal.SIGTERM)
        return self.wait_exit(timeout)

    def errors(self):
        return self.errors_path.read_text(errors="replace") if self.errors_path.exists() else ""

    def wire(self):
        return Wire(self.dir / "log.sock")

    # Its files.

    def path(self, name, index=0):
        return self.log_dir / (f"{name}.log" + (f".{index}" if index else ""))

    def files(self, name):
        """Paths of a log, the oldest first."""
        found = [self.path(name, index) for index in range(200, 0, -1) if self.path(name, index).exists()]
        return found + ([self.path(name)] if self.path(name).exists() else [])

    def text(self, name):
        while True:
            # A file may be rotated away while its name is being looked at.
            with contextlib.suppress(FileNotFoundError):
                return b"".join(path.read_bytes() for path in self.files(name))

    def wait_text(self, name, data, timeout=20):
        data = data.encode() if isinstance(data, str) else data
        wait_for(
            lambda: self.text(name) == data,
            lambda: f"{data[-300:]!r} in {name}, which is {self.text(name)[-300:]!r}\n{self.errors()}",
            timeout,
        )

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_sanitized(self):
        """Sanitizers take memory of their own."""
        return re.search(rb"__[at]san_init", Path(self.binary).read_bytes()) is not None

    def pss_kib(self):
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
        return 0

    def peak_kib(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
        return 0

    def close(self):
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        for fd in [self.journal, *self.writers.values(), *(end for _, end in self.streams.values())]:
            with contextlib.suppress(OSError):
                os.close(fd)
        self.listening.close()
        self.notify.close()
        if self.channel is not None:
            self.channel.close()
        if not os.environ.get("JOBD_TEST_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)


def until(question, what, timeout=20):
    return wait_for(question, what, timeout)


def pause_deadline(seconds):
    return time.monotonic() + seconds * STRETCH


def numbered(tag, first, count, width=60):
    return b"".join(b"%s %09d %s\n" % (tag, n, b"x" * (n * 7919 % width)) for n in range(first, first + count))


def check_numbered(data, tag, total, width=60):
    """Every line of a tag once, whole, in order."""
    n = 0
    for line in data.split(b"\n")[:-1]:
        if line.startswith(tag + b" "):
            assert line == b"%s %09d %s" % (tag, n, b"x" * (n * 7919 % width)), f"line {n} of {tag}"
            n += 1
    assert n == total, f"{n} lines of {tag}, not {total}"


def fork_writer(fd, blocks):
    """A program that writes to fd; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        for block in blocks:
            view = memoryview(block)
            while view:
                view = view[os.write(fd, view) :]
    finally:
        os._exit(0)


def bulk(wire):
    """The bytes of a bulk string as they are, None for its end."""
    length = int(wire._line(None)[1:])
    return wire._take(length + 2, None)[:-2] if length >= 0 else None
