"""jobd as PID 1 of a container."""

import signal
import subprocess

import pytest

from jobd_fixture import wait_for

pytestmark = pytest.mark.root


def zombies_below(pid):
    text = subprocess.run(["ps", "-e", "-o", "stat=,pidns="], capture_output=True, text=True, check=True).stdout
    namespace = subprocess.run(["ps", "-o", "pidns=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout.strip()
    return sum(line.split()[0].startswith("Z") and line.split()[1] == namespace for line in text.splitlines())


def test_orphans_are_reaped_without_limit(jobd):
    """500 orphans whose parent has ended come to PID 1; none stays a zombie."""
    script = (
        "import os, sys\n"
        "for n in range(500):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            os.read(0, 1)\n"
        "            os._exit(0)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "open('@DIR@/forked', 'w').close()\n"
        "import signal; signal.pause()\n"
    )
    daemon = jobd('program maker { command = "python3 @DIR@/maker.py" }', pid1=True, start=False)
    (daemon.dir / "maker.py").write_text(daemon.expand(script))
    daemon.start()
    wait_for((daemon.dir / "forked").exists, "500 orphans")
    # Their stdin is /dev/null: they end at once.
    wait_for(lambda: zombies_below(daemon.pid) == 0, lambda: f"{zombies_below(daemon.pid)} zombies to be reaped")


def test_pid_1_stops_everything_before_it_ends(jobd):
    daemon = jobd(
        'program web { command = "@PROGRAMS@/leaky orphan" environment = { "LEAKY_PID_FILE=@DIR@/left" } }', pid1=True
    )
    daemon.wait_state("web", "RUNNING")
    wait_for((daemon.dir / "left").exists, "the orphan")
    assert daemon.stop() == 0
    daemon.assert_nothing_left()


def test_signals_are_forwarded_and_rewritten(jobd):
    script = "trap 'echo got USR1' USR1; trap 'echo got HUP' HUP; echo up; while :; do read x < @DIR@/fifo; done"
    daemon = jobd(
        'forward_signals = { "USR1=web", "WINCH=web/HUP" }\n'
        f'program web {{ command = "sh @DIR@/script" }}',
        pid1=True,
        start=False,
    )
    (daemon.dir / "script").write_text(daemon.expand(script))
    subprocess.run(["mkfifo", daemon.dir / "fifo"], check=True)
    daemon.start()
    daemon.wait_log("web", "up")
    daemon.kill(signal.SIGUSR1)
    daemon.wait_log("web", "got USR1")
    daemon.kill(signal.SIGWINCH)
    daemon.wait_log("web", "got HUP")


def test_other_signals_do_no_harm(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }', pid1=True)
    status = daemon.wait_state("web", "RUNNING")
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGWINCH):
        daemon.kill(number)
    assert daemon.status("web")["pid"] == status["pid"]
