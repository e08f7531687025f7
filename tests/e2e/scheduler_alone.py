"""jobd's side of the scheduler's contract, for tests of jobd-scheduler alone: the configuration and the events on
control.sock, the listening queue.sock, the notify socket; and a runner that does nothing but say that jobs are done."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from idle import sleeps_ms
from jobd_fixture import STRETCH, build_dir, wait_for
from wire import Wire, WireClosed, WireError


class Control:
    """Answers HELLO, CONFIG and EVENTS as jobd does."""

    def __init__(self, path):
        self.snapshot = b""
        self.events = []
        self.followers = []
        self.changed = threading.Condition()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        with sock, sock.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                if line.startswith(b"HELLO"):
                    sock.sendall(b'+HI {"v":1,"version":"test","pid":1}\r\n')
                elif line.startswith(b"CONFIG"):
                    sock.sendall(b"$%d\r\n%s\r\n" % (len(self.snapshot), self.snapshot))
                elif line.startswith(b"EVENTS"):
                    with self.changed:
                        sock.sendall(b"+OK\r\n" + b"".join(map(self.encode, self.events)))
                        self.followers.append(sock)
                        self.changed.notify_all()

    @staticmethod
    def encode(event):
        data = json.dumps(event).encode()
        return b"$%d\r\n%s\r\n" % (len(data), data)

    def event(self, **event):
        with self.changed:
            self.events.append(event)
            for sock in self.followers:
                with contextlib.suppress(OSError):
                    sock.sendall(self.encode(event))

    def wait_follower(self, count=1):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.followers) >= count, 20 * STRETCH)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Worker(Wire):
    """A connection that says HELLO with a wid."""

    def __init__(self, path, wid="runner-1", labels=("jobd-runner",), running=None, **options):
        super().__init__(path, hello=False, **options)
        assert self.reply() == 'HI {"v":2}'
        hello = {"v": 2, "wid": wid, "labels": list(labels)}
        if running is not None:
            hello["running"] = list(running)
        assert self.request("HELLO " + json.dumps(hello)) == "OK"

    def take(self, *queues, free=1):
        return self.request(f"TAKE free={free} {' '.join(queues or ['default'])}")

    def ack(self, jid, **result):
        return self.request("ACK " + json.dumps({"jid": jid, "result": {"reason": "exit", "code": 0, **result}}))

    def fail(self, jid, **result):
        return self.request(self.fail_line(jid, **result))

    @staticmethod
    def fail_line(jid, reason="exit", code=1, **result):
        told = {"jid": jid, "errtype": "Test", "message": "it failed"}
        return "FAIL " + json.dumps({**told, "result": {"reason": reason, "code": code, **result}})


class Scheduler:
    def __init__(self, config, env=None, wrapper=(), start=True, state_dir=None, net=()):
        """net: kinds of further sockets, "tcp" or "tls"; their addresses are in self.addresses."""
        self.dir = Path(tempfile.mkdtemp(prefix="jobd-scheduler-", dir="/tmp"))
        self.state_dir = Path(state_dir or self.dir / "state")
        self.state_dir.mkdir(exist_ok=True)
        self.database = self.state_dir / "queue.db"
        self.build = build_dir()
        self.binary = str(self.build / "src/jobd-scheduler/jobd-scheduler")
        self.env, self.wrapper = env or {}, list(wrapper)
        self.errors_path = self.dir / "errors"
        self.errors_path.touch()
        self.control = Control(self.dir / "control.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.dir / "queue.sock"))
        self.listener.listen(1024)
        self.sockets = {"queue": self.listener}
        for kind in net:
            self.sockets["queue-" + kind] = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.addresses = {name[6:]: sock.getsockname() for name, sock in self.sockets.items() if name != "queue"}
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify.sock"))
        self.status = ""
        self.process = None
        self.wires = []
        self.configure(config)
        if start:
            self.start()

    def configure(self, config):
        path = self.dir / "jobd.conf"
        path.write_text(
            f'run_dir = "{self.dir}"\nstate_dir = "{self.state_dir}"\nlog_dir = "{self.dir}"\n' + config
        )
        self.control.snapshot = subprocess.run(
            [str(self.build / "tests/e2e/conf_snapshot"), str(path)], check=True, capture_output=True
        ).stdout

    def start(self, ready=True):
        # LISTEN_PID must be its own: the shell becomes the scheduler.  None of ours may be overwritten while they move.
        fds = [sock.fileno() for sock in self.sockets.values()]
        above = max(100, *fds) + 1
        high = " ".join(f"{above + number}<&{fd}" for number, fd in enumerate(fds))
        moved = " ".join(f"{3 + number}<&{above + number}" for number in range(len(fds)))
        command = f'exec {high}; LISTEN_PID=$$ exec "$@" {moved}'
        with open(self.errors_path, "ab") as errors:
            self.process = subprocess.Popen(
                ["/bin/bash", "-c", command, "bash", *self.wrapper, self.binary],
                env={
                    **os.environ,
                    "JOBD_RUN_DIR": str(self.dir),
                    "LISTEN_FDS": str(len(fds)),
                    "LISTEN_FDNAMES": ":".join(self.sockets),
                    "NOTIFY_SOCKET": str(self.dir / "notify.sock"),
                    **self.env,
                },
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        if ready:
            self.wait_told("READY=1")
        return self

    def told(self):
        """Read what it told so far; the last STATUS is kept."""
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines += self.notify.recv(4096, socket.MSG_DONTWAIT).decode().split("\n")
        for line in lines:
            if line.startswith("STATUS="):
                self.status = line[7:]
        return lines

    def wait_told(self, line):
        wait_for(lambda: line in self.told(), lambda: f"{line}; {self.errors()}")

    def wait_status(self, text):
        wait_for(lambda: self.told() is not None and text in self.status, lambda: f"{text!r} in {self.status!r}")

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(20 * STRETCH)

    def restart(self, number=signal.SIGKILL):
        self.kill(number)
        return self.start()

    def reload(self, config):
        self.configure(config)
        self.process.send_signal(signal.SIGHUP)

    def sleeps_ms(self):
        return sleeps_ms(self.process.pid)

    def errors(self):
        return self.errors_path.read_text(errors="replace")

    @property
    def socket_path(self):
        return self.dir / "queue.sock"

    def wire(self):
        """A plain client, that has said HELLO."""
        wire = Wire(self.socket_path, hello=False)
        self.wires.append(wire)
        assert wire.reply() == 'HI {"v":2}'
        assert wire.request('HELLO {"v":2}') == "OK"
        return wire

    def worker(self, *args, **options):
        worker = Worker(self.socket_path, *args, **options)
        self.wires.append(worker)
        return worker

    def request(self, line):
        with contextlib.closing(self.wire()) as wire:
            return wire.request(line)

    def job(self, jid):
        return self.request(f"JOB {jid}")

    def schedule(self, name):
        return self.request(f"SCHEDULES {name}")[0]

    def sql(self, query, *parameters):
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as database:
            return database.execute(query, parameters).fetchall()

    def close(self):
        for wire in self.wires:
            wire.close()
        if self.process is not None and self.process.poll() is None:
            self.kill(signal.SIGKILL)
        self.control.stop()
        for sock in self.sockets.values():
            sock.close()
        self.notify.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class DiligentRunner:
    """Takes jobs for ever and acknowledges each, over any number of schedulers: what is not acknowledged is said again."""

    def __init__(self, path, wid="runner-1"):
        self.path, self.wid = path, wid
        self.taken = {}  # jid: how often it was handed to us
        self.unsaid = []
        self.jobs = []
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            with contextlib.suppress(OSError, WireClosed, WireError, AssertionError):
                self.work()
            time.sleep(0.005)

    def work(self):
        with Worker(self.path, self.wid, running=self.unsaid) as wire:
            while not self.stopping:
                while self.unsaid:
                    wire.ack(self.unsaid[0])
                    self.unsaid.pop(0)
                job = wire.take()
                if job is not None:
                    self.taken[job["jid"]] = self.taken.get(job["jid"], 0) + 1
                    self.jobs.append(job)
                    self.unsaid.append(job["jid"])

    def stop(self):
        self.stopping = True


# What several files of tests say to it.

JOBS = """
job hello { command = "echo hello" }
job other { command = "echo other" queue = "other" priority = 9 }
"""


@pytest.fixture(name="scheduler")
def scheduler_with_jobs(scheduler):
    """The fixture of that name with JOBS unless something else is given, for the file that imports it."""
    return lambda config=JOBS, **options: scheduler(config, **options)


def run(one, name="hello", **more):
    return one.request("RUN " + json.dumps({"job": name, **more}))["jid"]


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


def push(jid, **more):
    return "PUSH " + json.dumps({"jid": jid, "jobtype": "Resize", "args": [], **more})


def ticks(one, name):
    return one.sql(
        "SELECT due_at / 1000000, ran, reason, late_us, jid FROM tick JOIN name ON name.id = schedule "
        "WHERE text = ? ORDER BY due_at", name)


def assert_no_second_is_missing(rows):
    due = [row[0] for row in rows]
    assert due == list(range(due[0], due[0] + len(due)))
