"""Runs jobctl alone, against servers that a test makes, and on a terminal of its own."""

import contextlib
import json
import os
import pty
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from fake_server import FakeServer
from jobd_fixture import STRETCH, build_dir, wait_for

JOBCTL = build_dir() / "src/jobctl/jobctl"

# A row of STATUS, and what stands in its place for a name that nobody has.


def program(name, state="RUNNING", description="pid 12, uptime 0:01:23", **more):
    return {"name": name, "program": name, "instance": 1, "state": state, "pid": 12, "description": description, "uptime_ms": 83000, **more}


def nobody(name):
    return {"name": name, "result": "error", "code": "no_such_program", "message": f"no program is called '{name}'"}


WEB = program("web")
DOWN = program("db", "STOPPED", "Not started", pid=0)


def job(number, state="ready", **more):
    return {"seq": number, "jid": f"jid{number:09}", "jobtype": "mail", "queue": "mailers", "state": state, "attempts": 0, **more}


def ago(seconds):
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat()


def request_of(server, index=0):
    """The verb, and the object that came with it."""
    verb, _, text = server.requests[index].partition(" ")
    return verb, json.loads(text)


# A row of QUEUES.
QUEUE = {
    "name": "mailers",
    "size": 12,
    "latency_ms": 95000,
    "paused": True,
    "running": 3,
    "scheduled": 1,
    "retry": 2,
    "dead": 4,
    "blocked": 0,
    "weight": 3,
    "concurrency": 5,
    "rate": 50,
    "rate_period_ms": 1000,
}


@pytest.fixture
def run_dir():
    # Short: the path of a socket has about a hundred bytes.
    directory = Path(tempfile.mkdtemp(prefix="ctl-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def control(run_dir):
    """A factory of control sockets: control(STATUS=…, START=…)."""
    with contextlib.ExitStack() as stack:
        yield lambda name="control.sock", **answers: stack.enter_context(FakeServer(run_dir, name, answers))


@pytest.fixture
def queue(control):
    """A factory of queue sockets: queue(JOBS=…)."""
    return lambda **answers: control("queue.sock", **answers)


@pytest.fixture
def ctl(run_dir):
    """Run jobctl; returns the CompletedProcess."""

    def run(*arguments, env=None, text=True, **options):
        return subprocess.run(
            [str(JOBCTL), *arguments],
            stdin=subprocess.DEVNULL if "input" not in options else None,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            text=text,
            timeout=30 * STRETCH,
            env=environment(run_dir, env),
            **options,
        )

    return run


def environment(run_dir, extra=None):
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TZ")}
    return {**env, "JOBD_RUN_DIR": str(run_dir), "PATH": f"{JOBCTL.parent}:/usr/bin:/bin", "TZ": "UTC", **(extra or {})}


def check(result, code, output=None, error_words=None):
    assert result.returncode == code, (result.stdout, result.stderr)
    if output is not None:
        assert result.stdout == output
    if error_words is not None:
        assert error_words in result.stderr, result.stderr


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**env, "TERM": "xterm"})
        self.seen = ""

    def wait(self, words, timeout=20):
        """Read until the words have come; returns all that came since the last call."""

        def arrived():
            with contextlib.suppress(OSError):
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
            return words in self.seen

        wait_for(arrived, lambda: f"{words!r} on the terminal, which shows {self.seen!r}", timeout)
        before, self.seen = self.seen, ""
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Read to the end; returns the rest and the exit code."""
        with contextlib.suppress(OSError):
            while data := os.read(self.fd, 65536):
                self.seen += data.decode(errors="replace")
        os.close(self.fd)
        return self.seen, os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
