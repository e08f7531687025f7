"""System calls that fail under jobd: it says what failed, goes on, and the program comes back."""

import os
import select
import signal
import subprocess

import pytest
from jobd_fixture import wait_for

pytestmark = pytest.mark.root


class Injected:
    """strace attached to jobd itself (not to its children), which lets some of its calls fail."""

    def __init__(self, daemon, rule):
        call = rule.split(":")[0]
        self.process = subprocess.Popen(
            ["strace", "-p", str(daemon.pid), "-e", f"trace={call}", "-e", f"inject={rule}", "-o", str(daemon.dir / "strace")],
            stderr=subprocess.PIPE,
            text=True,
        )
        ready, _, _ = select.select([self.process.stderr], [], [], 20)
        assert ready and "attached" in self.process.stderr.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


@pytest.mark.parametrize(
    "rule, words, option",
    [
        # What is plain needs no pipe to be started; `nice` is not plain.
        ("clone:error=EAGAIN:when=1..2", "Resource temporarily unavailable", ""),
        ("clone:error=EAGAIN:when=1..2", "Resource temporarily unavailable", "nice = 1"),
        ("clone:error=ENOMEM:when=1..2", "Cannot allocate memory", ""),
        ("pipe2:error=EMFILE:when=1..2", "Too many open files", "nice = 1"),
        ("pipe2:error=ENFILE:when=1..2", "Too many open files in system", "nice = 1"),
    ],
)
def test_a_start_that_fails_is_tried_again(jobd, rule, words, option):
    daemon = jobd(f'program web {{ command = "@PROGRAMS@/polite" start_seconds = 100ms backoff_min = 50ms {option} }}')
    first = daemon.wait_state("web", "RUNNING")
    with Injected(daemon, rule), daemon.events() as events:
        os.kill(first["pid"], signal.SIGKILL)
        events.until("web", "BACKOFF")
        assert words in daemon.status("web")["description"] or daemon.status("web")["state"] != "BACKOFF"
        events.until("web", "RUNNING")
    assert daemon.wait_state("web", "RUNNING")["pid"] != first["pid"]
    wait_for(lambda: words in daemon.log_dir.joinpath("jobd.log").read_text(), "it in jobd's own log")


def test_exec_that_fails_is_told_by_the_child(jobd):
    """Out of memory in execve(2): the child tells the errno, and the program gets into back-off."""
    daemon = jobd('program web { command = "@PROGRAMS@/polite" autostart = false backoff_min = 50ms start_retries = 0 }')
    strace = subprocess.Popen(
        ["strace", "-f", "-p", str(daemon.pid), "-e", "trace=execve", "-e", "inject=execve:error=ENOMEM", "-o", str(daemon.dir / "strace")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "attached" in strace.stderr.readline()
    try:
        assert daemon.ctl("start", "web", check=False).returncode != 0
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(20)
    status = daemon.status("web")
    assert status["state"] == "FATAL"
    assert "Cannot allocate memory" in status["description"]
    assert status["exit"]["reason"] == "spawn_failed"
    daemon.ctl("start", "web")


def test_a_kernel_without_close_range(jobd):
    """The short way is not for it: the first start is repeated the long way, and it stays with that."""
    daemon = jobd('program web { command = "@PROGRAMS@/polite" autostart = false start_seconds = 100ms }')
    trace = daemon.dir / "strace"
    strace = subprocess.Popen(
        ["strace", "-f", "-p", str(daemon.pid), "-e", "trace=close_range", "-e", "inject=close_range:error=ENOSYS", "-o", str(trace)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "attached" in strace.stderr.readline()
    try:
        assert daemon.ctl("start", "web").stdout == "web: started\n"
        # On a busy machine the first may go the long way by itself.
        daemon.ctl("restart", "web")
        daemon.ctl("restart", "web")
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(20)
    assert len({line.split()[0] for line in trace.read_text().splitlines() if "CLOEXEC" in line}) <= 1


@pytest.mark.parametrize("call", ["kill", "openat", "pwrite64", "epoll_ctl", "setsockopt"])
def test_other_calls_that_fail_do_not_end_jobd(jobd, call):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" start_seconds = 100ms backoff_min = 50ms stop_timeout = 1s }')
    first = daemon.wait_state("web", "RUNNING")
    with Injected(daemon, f"{call}:error=EIO:when=1..3"):
        os.kill(first["pid"], signal.SIGKILL)
        # What it can not do now it tries again; the operator may have to ask twice.
        daemon.ctl("status", check=False)
    daemon.ctl("restart", "web", check=False)
    daemon.wait_state("web", "RUNNING")
    assert daemon.stop() == 0
    daemon.assert_nothing_left()
