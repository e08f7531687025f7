"""The end-to-end harness: a class `Jobd` that owns one directory, one jobd and all that it starts.

    def test_restart(jobd):
        daemon = jobd('program web { command = "@PROGRAMS@/polite" }')
        daemon.wait_state("web", "RUNNING")
        daemon.ctl("restart", "web")

The binaries come from the build tree named by JOBD_BUILD (default: the first build directory found). In a
configuration @DIR@ is the test's own directory and @PROGRAMS@ a copy of the folder with the test programs.
Whatever happens, close() ends every process that the test started: they are found by a mark in
their environment, and by descent from the pid that was started here.
"""

import contextlib
import functools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest

from wire import STRETCH, Wire, WireClosed, WireError

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PROGRAMS = HERE / "programs"
HELPERS = ("jobd-logger", "jobd-outbox", "jobd-scheduler", "jobd-runner", "jobd-top", "jobd-web")

# What sanitizers do to memory and to preloaded libraries can't be stretched.
SANITIZED = "ASAN_OPTIONS" in os.environ or STRETCH > 1
MARK = "JOBD_TEST_MARK"


def build_dir():
    named = os.environ.get("JOBD_BUILD")
    for candidate in [Path(named)] if named else [TOP / "build", *sorted(TOP.glob("build*")), TOP]:
        if (candidate / "src/jobd/jobd").exists():
            return candidate.resolve()
    raise RuntimeError(f"no built jobd: set JOBD_BUILD (it is {named!r})")


# Sockets by whose names tests that run beside each other keep apart; each holds its port until pytest ends.
ports_taken = []


def free_port():
    """A TCP port that nobody uses right now, that no outgoing connection is given later, and that is no other test's:
    it stays closed until its own test opens it, also while what listens there is started anew."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first_given = int(file.read().split()[0])
    while True:
        port = random.randrange(min(10000, first_given // 2), first_given)
        mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            mark.bind(f"\0jobd-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("", port))
        except OSError:
            mark.close()
            continue
        ports_taken.append(mark)
        return port


def wait_for(question, what, timeout=20.0, pause=0.01):
    """Ask until the answer is true and return it; fail with `what` (text, or a function) at the deadline."""
    deadline = time.monotonic() + timeout * STRETCH
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout * STRETCH:g} s for {what() if callable(what) else what}")
        time.sleep(pause)


def closing(kind):
    """For fixtures, `yield from closing(Scheduler)`: a factory of them; what they said is shown, and they are closed."""
    made = []

    def make(config="", **options):
        made.append(kind(config, **options))
        return made[-1]

    yield make
    for one in made:
        print(one.errors())
    for one in made:
        one.close()


@functools.cache
def can_unshare():
    """Whether we may make namespaces: not in every container, and only for root."""
    command = ["unshare", "-mpf", "--mount-proc", "--kill-child", "true"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def is_alive(pid):
    """True for a process that runs; a zombie has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    with contextlib.suppress(OSError):
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    return []


def command_line(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


class Jobd:
    """One jobd with its own directory. Use the fixture `jobd`, which makes, starts and closes them."""

    def __init__(self, config, *, pid1=False, env=None, cwd=None, wrapper=(), arguments=()):
        """`pid1` runs it as PID 1 of its own pid namespace; `wrapper` is put in front of the command."""
        self.dir = Path(tempfile.mkdtemp(prefix="jobd-", dir="/tmp"))
        self.run_dir = self.dir / "run"
        self.state_dir = self.dir / "state"
        self.log_dir = self.dir / "log"
        self.config_path = self.dir / "jobd.conf"
        self.errors_path = self.dir / "jobd.err"
        self.output_path = self.dir / "jobd.out"
        self.build = build_dir()
        self.cwd = cwd or self.dir
        self.pid1 = pid1
        self.wrapper = list(wrapper)
        self.arguments = list(arguments)
        self.mark = uuid.uuid4().hex
        self.process = None
        self.pid = None  # jobd's own, as seen from here
        self.exit_code = None
        for directory in (self.run_dir, self.state_dir, self.log_dir):
            directory.mkdir()
        self.env = self._environment(env or {})
        self.write_config(config)

    def _environment(self, extra):
        # Copies, because a test may run them as a user who cannot look into the source tree.
        helpers = self.dir / "libexec"
        binaries = self.dir / "bin"
        for directory, names in (helpers, HELPERS), (binaries, ("jobd", "jobctl")):
            directory.mkdir()
            for name in names:
                # With the modules that it opens.
                for binary in (self.build / "src" / name).glob(f"{name}*"):
                    shutil.copy2(binary, directory)
        shutil.copytree(PROGRAMS, self.dir / "programs")
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JOBD_", "NOTIFY_SOCKET", "LISTEN_", "PYTEST_"))
        }
        env.update(
            {
                # Debian's python3, whatever else is first in PATH.
                "PATH": f"{binaries}:/usr/sbin:/usr/bin:/sbin:/bin",
                "PYTHONDONTWRITEBYTECODE": "1",
                "JOBD_LIBEXECDIR": str(helpers),
                "ASAN_OPTIONS": f"log_path={self.dir}/sanitizer:detect_stack_use_after_return=1",
                "UBSAN_OPTIONS": f"log_path={self.dir}/sanitizer:print_stacktrace=1",
                MARK: self.mark,
            }
        )
        env.update(extra)
        return env

    # The configuration.

    def expand(self, text):
        return text.replace("@DIR@", str(self.dir)).replace("@PROGRAMS@", str(self.dir / "programs"))

    def write_config(self, text):
        """Write jobd.conf; the directories of this test come first, the rest is as given."""
        self.config_path.write_text(
            f'run_dir = "{self.run_dir}"\nstate_dir = "{self.state_dir}"\nlog_dir = "{self.log_dir}"\n'
            + self.expand(text)
        )

    # Life of jobd itself.

    def start(self, wait=True):
        assert self.process is None or self.process.poll() is not None, "jobd runs already"
        command = [*self.wrapper, str(self.dir / "bin/jobd"), "-c", str(self.config_path), *self.arguments]
        if self.pid1:
            if not can_unshare():
                pytest.skip("needs namespaces")
            command = ["unshare", "-pf", "--mount-proc", "--kill-child", *command]
        with open(self.errors_path, "ab") as errors, open(self.output_path, "ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        self.exit_code = None
        self.pid = None if self.pid1 else self.process.pid
        if wait:
            self.wait_up()
        return self

    def wait_up(self, timeout=20.0):
        """Wait until jobd answers on its control socket; fails at once if it has ended."""

        def answers():
            code = self.process.poll()
            if code is not None:
                raise AssertionError(f"jobd ended with {code} instead of starting:\n{self.errors()}")
            if self.pid1 and self.pid is None:
                self.pid = next(iter(children(self.process.pid)), None)
            with contextlib.suppress(OSError, WireClosed):
                self.wire().close()
                return True
            return False

        wait_for(answers, lambda: f"jobd's control socket; it said:\n{self.errors()}", timeout)

    def wait_exit(self, timeout=30.0):
        """Wait until jobd has ended; returns its exit code (negative: the signal that killed it)."""
        self.exit_code = self.process.wait(timeout * STRETCH)
        return self.exit_code

    def kill(self, number=signal.SIGTERM):
        """Send a signal to jobd itself."""
        os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, timeout=30.0):
        """Ask jobd to end, and wait; returns its exit code."""
        if self.process.poll() is None:
            self.kill(number)
        return self.wait_exit(timeout)

    def kill9(self):
        """Kill jobd at once; what it had started stays."""
        self.kill(signal.SIGKILL)
        self.process.wait(30)

    def restart(self):
        self.stop()
        return self.start()

    # Asking jobd.

    def ctl(self, *arguments, check=True, timeout=30.0, env=None, **options):
        """Run jobctl; returns the CompletedProcess with text output."""
        result = subprocess.run(
            [str(self.dir / "bin/jobctl"), "-r", str(self.run_dir), *map(str, arguments)],
            stdin=subprocess.DEVNULL if "input" not in options else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=options.pop("text", True),
            timeout=timeout * STRETCH,
            env={**self.env, **(env or {})},
            cwd=self.dir,
            **options,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"jobctl {' '.join(map(str, arguments))} ended with {result.returncode}\n"
                f"stdout: {result.stdout}\nstderr: {result.stderr}\njobd: {self.errors()}"
            )
        return result

    def json(self, *arguments, **options):
        """Run jobctl --json; returns the document."""
        return json.loads(self.ctl("--json", *arguments, **options).stdout)

    def programs(self, *, all=False):
        """Every program by name, as `jobctl status` shows it."""
        arguments = ["status", "--all"] if all else ["status"]
        # The exit code of status tells whether all are running, not whether it could answer.
        document = self.json(*arguments, check=False)
        return {program["name"]: program for program in document["programs"]}

    def status(self, name):
        return self.programs(all=True)[name]

    def wire(self, socket_name="control.sock", **options):
        """A connection to one of jobd's sockets that speaks its protocol."""
        return Wire(self.run_dir / socket_name, **options)

    @contextlib.contextmanager
    def events(self, since=None):
        """The event stream, from now on or from a sequence number: `for event in daemon.events()`."""
        with self.wire() as wire:
            wire.request("EVENTS" if since is None else f"EVENTS since={since}")
            yield Events(wire)

    def wait_state(self, name, *states, timeout=20.0):
        """Wait until the program is in one of the states; returns its status."""
        deadline = time.monotonic() + timeout * STRETCH
        # Subscribed before the state is read, so that no change falls between.
        with self.events() as events:
            while True:
                with self.wire() as wire:
                    found = {program["name"]: program for program in wire.request("STATUS all=1")}
                if name in found and found[name]["state"] in states:
                    return found[name]
                try:
                    events.next(lambda event: event["name"] == name, deadline=deadline)
                except (TimeoutError, WireClosed) as error:
                    raise AssertionError(
                        f"{name} did not become {' or '.join(states)}: {error!r}\n"
                        f"status: {found.get(name)}\njobd: {self.errors()}"
                    ) from None

    # What is left to look at.

    def errors(self):
        """What jobd wrote on its stderr."""
        return self.errors_path.read_text(errors="replace") if self.errors_path.exists() else ""

    def log(self, name, stream="stdout"):
        """The current log file of a program."""
        path = self.log_dir / (f"{name}.log" if stream == "stdout" else f"{name}_error.log")
        return path.read_bytes() if path.exists() else b""

    def wait_log(self, name, text, stream="stdout", timeout=20.0):
        needle = text.encode() if isinstance(text, str) else text
        wait_for(
            lambda: needle in self.log(name, stream),
            lambda: f"{needle!r} in the {stream} log of {name}, which is {self.log(name, stream)!r}",
            timeout,
        )

    def processes(self):
        """Pids of everything alive that this test's jobd started, and jobd itself."""
        wanted = f"{MARK}={self.mark}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes() and is_alive(entry.name):
                    found.add(int(entry.name))
        # setproctitle(3) may overwrite the environment that /proc shows: follow descent as well.
        new = {self.process.pid} if self.process and self.process.poll() is None else set()
        new |= found
        while new:
            found |= new
            new = {child for pid in new for child in children(pid)} - found
        return {pid for pid in found if is_alive(pid)}

    def assert_nothing_left(self, timeout=5.0):
        """No process of this test is alive: stop means gone."""
        wait_for(
            lambda: not self.processes(),
            lambda: f"these to end: {[(pid, command_line(pid)) for pid in self.processes()]}",
            timeout,
        )

    def sanitizer_reports(self):
        lines = [
            line
            for path in sorted(self.dir.glob("sanitizer*"))
            for line in path.read_text(errors="replace").splitlines()
            # Said of a thread that ends while leaks are looked for; nothing was found by it.
            if not re.fullmatch(r"==\d+==Unable to get registers from thread \d+\.", line)
        ]
        return "\n".join(lines)

    def close(self):
        """End everything and remove the directory. Fails if a sanitizer found something."""
        deadline = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self.process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.05)
        reports = self.sanitizer_reports()
        if not os.environ.get("JOBD_TEST_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        assert not left, f"these cannot be killed: {left}"
        assert not reports, reports


class Events:
    """Iterates over the objects of an EVENTS stream."""

    def __init__(self, wire):
        self.wire = wire

    def next(self, wanted=lambda event: True, timeout=20.0, deadline=None):
        """The next event for which `wanted(event)` holds."""
        deadline = deadline or time.monotonic() + timeout * STRETCH
        while True:
            event = self.wire.reply(deadline)
            if wanted(event):
                return event

    def until(self, name, state, **options):
        """The event by which the program gets into the state."""
        return self.next(lambda event: event["name"] == name and event["to"] == state, **options)

    def __iter__(self):
        while True:
            yield self.next()


__all__ = [
    "Events",
    "Jobd",
    "PROGRAMS",
    "STRETCH",
    "TOP",
    "Wire",
    "WireClosed",
    "WireError",
    "build_dir",
    "can_unshare",
    "children",
    "command_line",
    "free_port",
    "is_alive",
    "wait_for",
]
