"""The quick start as a person runs it: on a terminal, with the commands that it prints, until Ctrl-C."""

import contextlib
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from jobd_fixture import STRETCH, TOP, free_port, wait_for

SCRIPT = TOP / "contrib/quickstart.sh"


class Terminal:
    """The script with a terminal of its own."""

    def __init__(self, arguments, env):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve("/bin/sh", ["sh", str(SCRIPT), *arguments], env)

    def read_until(self, pattern, timeout):
        deadline = time.monotonic() + timeout * STRETCH
        while not (found := re.search(pattern, self.text, re.S)):
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            data = b""
            with contextlib.suppress(OSError):  # EIO: nobody holds the terminal any more
                data = os.read(self.fd, 65536) if ready else b""
            assert data, f"no {pattern!r} in:\n{self.text}"
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return found

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, timeout=60):
        with contextlib.suppress(AssertionError):
            self.read_until(r"(?!)", timeout)  # to the end
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def marked(mark):
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.fixture
def quickstart():
    build = Path(tempfile.mkdtemp(prefix="jobd-quick-", dir="/tmp"))
    mark = uuid.uuid4().hex
    # What the compiler makes of it is tested elsewhere; without optimizing it takes a third of the time.
    env = {**os.environ, "BUILD": str(build), "PORT": str(free_port()), "JOBD_TEST_MARK": mark, "CFLAGS": "-O0"}
    yield lambda *arguments, **extra: (Terminal(arguments, {**env, **extra}), env, build)
    for pid in marked(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(build)


@pytest.mark.slow(40)
@pytest.mark.timeout(700)
def test_it_builds_runs_and_stops(quickstart):
    # The second run finds the build and the data of the first.
    for arguments in [], ["--own-scheduler"]:
        follow_it(arguments, *quickstart(*arguments))


def follow_it(arguments, terminal, env, build):
    """Wait for the greeting, do what it says, and leave."""
    export = terminal.read_until(r"Try in another terminal:\n\s+(export [^\n]+)\n(.*?tail -f fastapi)", 300)
    assert re.search(r"^fastapi +RUNNING   pid ", terminal.text, re.M), terminal.text
    assert re.search(r"^scheduler +RUNNING   pid ", terminal.text, re.M), terminal.text
    with urllib.request.urlopen(f"http://localhost:{env['PORT']}/") as page:
        assert b"Andes Coffee Roasters" in page.read()

    for line in export[2].splitlines():
        command = re.match(r"\s*(jobctl .*?)(?:\s{2,}.*)?$", line)[1]
        if "-f" in command:
            command = f"timeout 1 {command}; [ $? -eq 124 ]"
        result = subprocess.run(
            ["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", f"{export[1]}\n{command}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, (command, result)
    if not arguments:
        assert len(list((build / "data/outbox").glob("*.eml"))) == 3

    terminal.type("\x03")
    assert terminal.wait() == 0, terminal.text
    wait_for(lambda: not marked(env["JOBD_TEST_MARK"]), "the last process to end", timeout=5)


def test_a_taken_port_is_said_before_anything_is_built(quickstart):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        terminal, _, build = quickstart(PORT=str(port))
        assert terminal.wait() == 1
    assert f"quickstart: port {port} is taken; choose another one: PORT=8080 sh " in terminal.text
    assert not any(build.iterdir())


@pytest.mark.parametrize("arguments, env, words", [
    (["--help-me"], {}, "unknown argument '--help-me'"),
    ([], {"PORT": "http"}, "PORT='http' is not a port number"),
])
def test_a_wrong_argument_is_refused(quickstart, arguments, env, words):
    terminal, _, _ = quickstart(*arguments, **env)
    assert terminal.wait() == 1
    assert words in terminal.text
