"""Stand-ins for jobd and the scheduler, and the real jobd-runner between them: the fixture `runner`.

    def test_hello(runner):
        one = runner('job hello { command = "echo hello" }')
        one.scheduler.give("hello")
        verb, result = one.scheduler.result()
"""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from jobd_fixture import STRETCH, build_dir, children, wait_for


class Connection:
    """One client of the stand-in scheduler: its handshake, its lines, one reply for each."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.file = sock.makefile("rb")
        self.waiting = None  # the free slots of a TAKE that has no reply yet

    def send(self, data):
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def bulk(self, value):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send(b"$%d\r\n%s\r\n" % (len(data), data))

    def serve(self):
        self.send(b'+HI {"v":2}\r\n')
        with contextlib.suppress(OSError):
            for line in self.file:
                verb, _, rest = line.decode().strip().partition(" ")
                with self.server.lock:
                    if not getattr(self, verb.lower())(rest):
                        break
        with self.server.lock:
            if self in self.server.connections:
                self.server.connections.remove(self)
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def hello(self, rest):
        self.server.hellos.put(json.loads(rest))
        self.send(b"+OK\r\n")
        return True

    def end(self, _):
        self.server.ends.put(True)
        return False

    def take(self, rest):
        free, most, *queues = rest.split()
        assert free.startswith("free=") and most.startswith("max=")
        if self.waiting is not None:
            self.send(b"$-1\r\n")
        self.waiting = int(free[5:])
        self.server.takes.put((self.waiting, queues))
        self.server.hand_out()
        return True

    def result(self, verb, rest):
        result = json.loads(rest)
        reply = self.server.replies.get(result["jid"], [b"+OK\r\n"])
        reply = reply.pop(0) if len(reply) > 1 else reply[0]
        self.server.results.put((verb, result))
        if reply is None:
            return False
        self.send(reply)
        return True

    def ack(self, rest):
        return self.result("ACK", rest)

    def fail(self, rest):
        return self.result("FAIL", rest)

    def __getattr__(self, verb):
        if verb == "return":
            return lambda rest: self.result("RETURN", rest)
        raise AttributeError(verb)

    def breaker(self, rest):
        self.server.breakers.append(json.loads(rest))
        self.send(b"+OK\r\n")
        return True


class Scheduler:
    """Hands out what is given to it, one reply for each TAKE, and collects what comes back."""

    def __init__(self, path):
        self.path = str(path)
        self.lock = threading.RLock()
        self.connections, self.jobs, self.orders, self.breakers = [], [], [], []
        self.hellos, self.takes, self.results, self.ends = (queue.Queue() for _ in range(4))
        self.replies = {}  # jid: replies to its results; None closes the connection without one
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.append(Connection(self, sock))
                threading.Thread(target=self.connections[-1].serve, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)
        with self.lock:
            for connection in self.connections:
                connection.close()
            self.connections.clear()

    def hand_out(self):
        for connection in self.connections:
            if connection.waiting is None:
                continue
            items = self.orders[:1] or self.jobs[: connection.waiting]
            for item in items:
                (self.orders or self.jobs).pop(0)
                connection.bulk(item)
            if items:
                connection.send(b"$-1\r\n")
                connection.waiting = None

    def give(self, jobtype, *args, jid=None, **more):
        jid = jid or f"jid-{jobtype}-{time.monotonic_ns()}"
        self.give_raw({"jid": jid, "jobtype": jobtype, "args": list(args), "queue": "default", **more})
        return jid

    def give_raw(self, job):
        with self.lock:
            self.jobs.append(job)
            self.hand_out()

    def order(self, jid, reason):
        with self.lock:
            self.orders.append({"order": "kill", "jid": jid, "reason": reason})
            self.hand_out()

    def result(self, timeout=20):
        return self.results.get(timeout=timeout * STRETCH)

    def take(self, timeout=20):
        return self.takes.get(timeout=timeout * STRETCH)

    def has_answered(self):
        """Whether the runner waits for jobs, and each of its other requests that came has its reply."""
        with self.lock:
            return any(connection.waiting is not None for connection in self.connections)


class Control:
    """Answers HELLO and CONFIG as jobd does."""

    def __init__(self, path):
        self.snapshot = b""
        self.asked = queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as lines, contextlib.suppress(OSError):
                for line in lines:
                    if line.startswith(b"HELLO"):
                        sock.sendall(b'+HI {"v":1,"version":"test","pid":1}\r\n')
                    elif line.startswith(b"CONFIG"):
                        sock.sendall(b"$%d\r\n%s\r\n" % (len(self.snapshot), self.snapshot))
                        self.asked.put(True)
                    else:
                        break

    def stop(self):
        # A closed descriptor's number may be another test's while accept() still waits at it.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


class Runner:
    def __init__(self, config, env=None, start_scheduler=True, wrapper=()):
        self.dir = Path(tempfile.mkdtemp(prefix="runner-", dir="/tmp"))
        os.chmod(self.dir, 0o777)  # some runners are another user
        self.build = build_dir()
        self.control = Control(self.dir / "control.sock")
        self.configure(config)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify.sock"))
        os.chmod(self.dir / "notify.sock", 0o666)
        self.scheduler = Scheduler(self.dir / "queue.sock") if start_scheduler else None
        self.output_path, self.errors_path = self.dir / "out", self.dir / "err"
        with open(self.output_path, "wb") as output, open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                [*wrapper, str(self.build / "src/jobd-runner/jobd-runner")],
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "JOBD_RUN_DIR": str(self.dir),
                    "JOBD_STOP_TIMEOUT_MS": "3000",
                    "NOTIFY_SOCKET": str(self.dir / "notify.sock"),
                    "TEST_DIR": str(self.dir),
                    **(env or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    def configure(self, config):
        path = self.dir / "jobd.conf"
        path.write_text(
            f'run_dir = "{self.dir}"\nstate_dir = "{self.dir}"\nlog_dir = "{self.dir}"\n'
            + config.replace("@DIR@", str(self.dir))
        )
        self.control.snapshot = subprocess.run(
            [str(self.build / "tests/e2e/conf_snapshot"), str(path)], check=True, capture_output=True
        ).stdout

    def errors(self):
        return self.errors_path.read_text()

    def output(self):
        return self.output_path.read_text(errors="replace")

    def wait_file(self, name, timeout=20):
        path = self.dir / name
        wait_for(lambda: path.exists() and path.read_text().endswith("\n"), f"{path}; {self.errors()}", timeout)
        return path.read_text().split()

    def stop(self, number=signal.SIGTERM, timeout=20):
        self.process.send_signal(number)
        return self.process.wait(timeout * STRETCH)

    def close(self):
        if self.process.poll() is None:
            left = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.control.stop()
        self.notify.close()
        if self.scheduler is not None:
            with contextlib.suppress(OSError):
                self.scheduler.stop()
        subprocess.run(["rm", "-rf", str(self.dir)], check=True)


def descendants(pid):
    found = children(pid)
    for child in found:
        found.extend(children(child))
    return found
