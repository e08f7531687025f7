"""Stop means gone: whatever a program leaves behind is ended before a stop returns and before a new copy starts."""

import os
import signal

import pytest

from jobd_fixture import is_alive, wait_for

KINDS = ("group", "session", "orphan", "stubborn", "nameless")


def leaky(kind, extra=""):
    return (
        f'program web {{ command = "@PROGRAMS@/leaky {kind}" stop_timeout = 1s {extra}'
        ' environment = { "LEAKY_PID_FILE=@DIR@/left" } }'
    )


def left_behind(daemon):
    path = daemon.dir / "left"
    wait_for(path.exists, "the pid of the process that stays")
    return int(path.read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_stop_ends_descendants(jobd, kind):
    daemon = jobd(leaky(kind))
    daemon.wait_state("web", "RUNNING")
    left = left_behind(daemon)
    assert is_alive(left)
    assert daemon.ctl("stop", "web").stdout == "web: stopped\n"
    assert not is_alive(left)
    assert daemon.status("web")["state"] == "STOPPED"


@pytest.mark.parametrize("kind", KINDS)
def test_crash_leaves_nobody_beside_the_new_copy(jobd, kind):
    daemon = jobd(leaky(kind, "start_seconds = 0 backoff_min = 10ms"))
    first = daemon.wait_state("web", "RUNNING")
    left = left_behind(daemon)
    with daemon.events() as events:
        os.kill(first["pid"], signal.SIGKILL)
        events.until("web", "STARTING", timeout=10)
        # From here on a new copy may run: the old worker must not.
        assert not is_alive(left)
    second = daemon.wait_state("web", "RUNNING")
    assert second["pid"] != first["pid"]


@pytest.mark.parametrize("kind", KINDS)
def test_shutdown_ends_descendants(jobd, kind):
    daemon = jobd(leaky(kind), pid1=False)
    daemon.wait_state("web", "RUNNING")
    left = left_behind(daemon)
    assert daemon.stop() == 0
    assert not is_alive(left)
    daemon.assert_nothing_left()


def test_every_member_gets_its_grace(jobd):
    """The leader is gone at once; its grandchild needs a second to clean up, and gets it."""
    worker = (
        "import os, signal, time, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    def end(*_):\n"
        "        deadline = time.monotonic() + 1\n"
        "        while time.monotonic() < deadline: signal.sigtimedwait([], deadline - time.monotonic())\n"
        "        open('@DIR@/clean', 'w').close(); os._exit(0)\n"
        "    signal.signal(signal.SIGTERM, end)\n"
        "    open('@DIR@/up', 'w').close()\n"
        "    while True: signal.pause()\n"
        "signal.pause()\n"
    )
    daemon = jobd('program web { command = "python3 @DIR@/worker.py" }', start=False)
    (daemon.dir / "worker.py").write_text(daemon.expand(worker))
    daemon.start()
    daemon.wait_state("web", "RUNNING")
    wait_for((daemon.dir / "up").exists, "the grandchild")
    assert daemon.stop() == 0
    assert (daemon.dir / "clean").exists()


def test_who_ignores_the_signal_is_killed(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/stubborn" stop_timeout = 300ms }')
    daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    daemon.ctl("stop", "web")
    status = daemon.status("web")
    assert status["state"] == "STOPPED"
    assert status["exit"]["signal"] == "SIGKILL"
    assert status["exit"]["reason"] == "operator"


def test_stops_run_in_parallel(jobd):
    """Ten programs that each take their whole time-out are stopped in about one time-out, not ten."""
    programs = "\n".join(
        f'program p{n} {{ command = "@PROGRAMS@/stubborn" stop_timeout = 1s start_seconds = 0 }}' for n in range(10)
    )
    daemon = jobd(programs)
    for n in range(10):
        daemon.wait_log(f"p{n}", "up")
    with daemon.events() as events:
        assert daemon.ctl("stop", "all").stdout.count(": stopped\n") == 10
        stops = [events.next(lambda event: event["to"] in ("STOPPING", "STOPPED")) for _ in range(20)]
    # All were on their way before the first was gone.
    assert [event["to"] for event in stops] == ["STOPPING"] * 10 + ["STOPPED"] * 10


def test_levels_stop_in_reverse_order(jobd):
    daemon = jobd(
        'program db { command = "@PROGRAMS@/polite" priority = 1 }'
        'program app { command = "@PROGRAMS@/polite" priority = 2 }'
        'program edge { command = "@PROGRAMS@/polite" priority = 3 }',
    )
    for name in ("db", "app", "edge"):
        daemon.wait_state(name, "RUNNING")
    with daemon.events() as events:
        daemon.kill(signal.SIGTERM)
        order = [events.next(lambda event: event["to"] in ("STOPPING", "STOPPED")) for _ in range(6)]
    assert [(event["name"], event["to"]) for event in order] == [
        (name, state) for name in ("edge", "app", "db") for state in ("STOPPING", "STOPPED")
    ]
    assert daemon.wait_exit() == 0


def test_a_second_signal_hurries(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/stubborn" stop_timeout = 1h }')
    daemon.wait_log("web", "up")
    with daemon.events() as events:
        daemon.kill(signal.SIGINT)
        events.until("web", "STOPPING")
        daemon.kill(signal.SIGINT)
        assert daemon.wait_exit() == 0


def test_stop_mode_group_signals_everybody_at_once(jobd):
    daemon = jobd(
        "program web { shell = true stop_mode = group stop_timeout = 20s"
        ' command = "sh -c \'trap \\"touch @DIR@/child; exit\\" TERM; touch @DIR@/up; while :; do read x < @DIR@/fifo; done\' & '
        ' trap \\"\\" TERM; wait; wait" }',
        start=False,
    )
    os.mkfifo(daemon.dir / "fifo")
    daemon.start()
    wait_for((daemon.dir / "up").exists, "the child")
    daemon.ctl("stop", "web")
    assert (daemon.dir / "child").exists()


def test_stop_command_comes_before_the_signal(jobd):
    daemon = jobd(
        'program db { command = "@PROGRAMS@/stubborn" stop_timeout = 20s'
        ' stop_command = "sh -c \'touch @DIR@/asked; kill -KILL $(cat @DIR@/pid)\'" }'
    )
    status = daemon.wait_state("db", "RUNNING")
    (daemon.dir / "pid").write_text(str(status["pid"]))
    daemon.ctl("stop", "db")
    assert (daemon.dir / "asked").exists()


def test_a_stop_command_that_fails_is_followed_by_the_signal(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" stop_timeout = 20s stop_command = "false" }')
    daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    daemon.ctl("stop", "web")
    assert daemon.status("web")["exit"]["code"] == 0


def test_after_stop_runs_when_everybody_is_gone(jobd):
    daemon = jobd(
        'program web { command = "@PROGRAMS@/polite" after_stop = "sh -c \'ls /proc/$(cat @DIR@/pid) >/dev/null 2>&1 ||'
        ' touch @DIR@/gone\'" }'
    )
    status = daemon.wait_state("web", "RUNNING")
    (daemon.dir / "pid").write_text(str(status["pid"]))
    daemon.ctl("stop", "web")
    assert (daemon.dir / "gone").exists()
