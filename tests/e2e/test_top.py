"""The screen of `jobctl top`, in a tmux of the test's own, with the real programs behind it."""

import re
import shlex
import subprocess
import uuid

import pytest

from idle import switches, wait_asleep
from jobd_fixture import build_dir, wait_for

CONFIG = """
program steady { command = "@PROGRAMS@/polite" }
queue papers { concurrency = 2 }
job slow { shell = true command = "exec sleep 1000" queue = papers }
"""


class Screen:
    """What a command shows on a terminal of this size, and its exit code."""

    def __init__(self, daemon, command, width=100, height=30, **env):
        # A server that is being ended still has its socket.
        self.name = f"jobd-{uuid.uuid4().hex}"
        self.env = {**daemon.env, "LC_ALL": "C.UTF-8", **env}
        self.env.pop("TMUX", None)
        line = f"{shlex.join(map(str, command))}; echo code=$?; exec sleep 1000"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), line)

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-L", self.name, *words], env=self.env, capture_output=True, text=True, check=True).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def wait(self, words):
        wait_for(lambda: words in self.text(), lambda: f"{words!r} on the screen:\n{self.text()}")
        return self.text()

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], env=self.env, capture_output=True, check=False)


@pytest.fixture
def top(jobd):
    assert (build_dir() / "src/jobd-top/jobd-top").exists(), "jobd was built without ncurses"
    opened = []

    def make(daemon=None, **options):
        daemon = daemon or jobd(CONFIG)
        daemon.wait_state("steady", "RUNNING")
        opened.append(Screen(daemon, [daemon.dir / "bin/jobctl", "-r", daemon.run_dir, "top"], **options))
        return daemon, opened[-1]

    yield make
    for screen in opened:
        screen.close()


def test_it_shows_programs_queues_and_jobs_as_things_happen(top):
    daemon, screen = top()
    shown = screen.wait("q quit")
    assert re.search(r"^steady +RUNNING", shown, re.M) and "papers" in shown and "RUNNING JOB" in shown
    jid = daemon.ctl("push", "slow", '["\x9bevil"]').stdout.strip()
    # Nobody pressed a key.
    shown = screen.wait(jid)
    assert "?evil" in shown and re.search(r"^papers +0 +1 ", shown, re.M)
    daemon.ctl("stop", "steady")
    screen.wait("STOPPED")
    screen.type("q")
    screen.wait("code=0")


def test_its_keys_do_what_they_say(top):
    daemon, screen = top()
    jid = daemon.ctl("push", "slow").stdout.strip()
    screen.wait(jid)
    names = sorted(daemon.programs(all=True))
    screen.type("1", *["j"] * names.index("steady"), "x")
    screen.wait("Stop steady? y: yes, any other key: no")
    screen.type("n")
    screen.wait("q quit")
    assert daemon.status("steady")["state"] == "RUNNING"
    screen.type("x")
    screen.wait("Stop steady?")
    screen.type("y")
    daemon.wait_state("steady", "STOPPED")
    screen.wait("STOPPED")
    screen.type("s")
    daemon.wait_state("steady", "RUNNING")
    screen.type("2", "Home", "p")
    screen.wait("paused")
    screen.type("3", "c")
    screen.wait(f"Cancel {jid}?")
    screen.type("y")
    wait_for(lambda: jid not in screen.text(), "the job to be gone")
    screen.type("?")
    screen.wait("Any key goes back.")
    screen.type("Space", "q")
    screen.wait("code=0")


def test_it_asks_for_nothing_while_nothing_happens(top):
    daemon, screen = top()
    screen.wait("q quit")
    pid = daemon.status("scheduler")["pid"]

    def up():
        # The line may be half drawn.
        found = re.search(r"^steady +RUNNING +(\d+) s", screen.text(), re.M)
        return found and found[1]

    def wait_second(before):
        wait_for(lambda: up() not in (None, before), "the uptime to go on")

    wait_second(up())
    wait_second(up())
    wait_asleep(pid, 10_000)
    before = switches(pid)
    wait_second(up())
    wait_second(up())
    assert switches(pid) == before


def test_a_small_terminal_and_a_plain_one_are_enough(top):
    daemon, screen = top(width=30, height=8)
    screen.wait("PROGRAM")
    screen.type("1", "2", "3", "Tab", "j", "j", "k", "NPage", "?")
    screen.wait("Tab, 1, 2, 3")
    screen.type("Space", "q")
    screen.wait("code=0")
    screen.close()
    _, screen = top(daemon, LC_ALL="C", NO_COLOR="1")
    screen.wait("q quit")
    screen.type("q")
    screen.wait("code=0")


def test_it_ends_with_jobd(top):
    daemon, screen = top()
    screen.wait("q quit")
    daemon.kill()
    assert "the connection to jobd has ended" in screen.wait("code=7")


def test_a_wrong_start_is_said(top):
    daemon, screen = top()
    screen.type("q")
    screen.wait("code=0")
    screen.close()
    helper = daemon.dir / "libexec/jobd-top"
    screen = Screen(daemon, ["env", "TERM=nosuch", helper, daemon.run_dir, "100"])
    assert "terminal is not known" in screen.wait("code=1")
    screen.close()
    assert subprocess.run([helper], capture_output=True, check=False).returncode == 1
