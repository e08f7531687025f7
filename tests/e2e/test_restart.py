"""When a program is started again, and when it is given up."""

import os
import signal
from datetime import datetime


def seconds(text):
    """The time of an event, also behind midnight."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_one_that_ran_well_is_restarted_at_once(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" start_seconds = 100ms backoff_min = 50ms }')
    first = daemon.wait_state("web", "RUNNING")
    with daemon.events() as events:
        os.kill(first["pid"], signal.SIGKILL)
        steps = [events.next(lambda event: event["name"] == "web")["to"] for _ in range(3)]
    assert steps == ["EXITED", "STARTING", "RUNNING"]
    second = daemon.status("web")
    assert second["pid"] != first["pid"]
    assert second["restarts"] == 1
    assert second["exit"] == {**second["exit"], "reason": "signal", "signal": "SIGKILL", "code": None}


def test_failed_starts_back_off_and_end_in_fatal(jobd):
    daemon = jobd(
        'program web { command = "@PROGRAMS@/ends 7" start_retries = 3 backoff_min = 100ms backoff_factor = 2'
        " backoff_jitter = 0 }"
    )
    with daemon.events(since=0) as events:
        ends, starts = [], []
        while True:
            event = events.next(lambda event: event["name"] == "web")
            if event["to"] == "BACKOFF":
                ends.append(seconds(event["at"]))
            elif event["to"] == "STARTING":
                starts.append(seconds(event["at"]))
            elif event["to"] == "FATAL":
                break
    assert len(starts) == 4
    # Never earlier than configured; how much later is the machine's business.
    for start, end, delay in zip(starts[1:], ends, (0.1, 0.2, 0.4)):
        assert start - end >= delay - 0.002
    status = daemon.status("web")
    assert status["state"] == "FATAL"
    assert "exit code 7" in status["description"]
    assert status["exit"]["code"] == 7
    result = daemon.ctl("status", check=False)
    assert result.returncode == 3
    assert result.stdout.startswith("web                              FATAL     Exited too quickly")


def test_policies(jobd):
    daemon = jobd(
        'program always { command = "@PROGRAMS@/ends_when @DIR@/no 0" restart = always start_seconds = 0 backoff_min = 0s }'
        'program failure { command = "@PROGRAMS@/ends_when @DIR@/no 0" restart = on_failure start_seconds = 0 backoff_min = 0s }'
        'program never { command = "@PROGRAMS@/ends_when @DIR@/no 9" restart = never start_seconds = 0 backoff_min = 0s }'
        'program expected { command = "@PROGRAMS@/ends_when @DIR@/no 9" exit_codes = {0, 9} start_seconds = 0 backoff_min = 0s }'
    )
    names = ("always", "failure", "never", "expected")
    for name in names:
        daemon.wait_log(name, "up")
    with daemon.events() as events:
        for name in names:
            daemon.ctl("signal", "USR1", name)
        left = set(names)
        while left:
            event = events.next(lambda event: event["to"] == "EXITED")
            left.discard(event["name"])
    assert daemon.wait_state("always", "RUNNING")["restarts"] == 1
    for name in names[1:]:
        status = daemon.wait_state(name, "EXITED")
        assert status["restarts"] == 0
        assert status["exit"]["reason"] == "exit"


def test_stopping_a_program_in_back_off(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/ends 1" backoff_min = 1h backoff_max = 1h }')
    daemon.wait_state("web", "BACKOFF")
    assert daemon.ctl("stop", "web").stdout == "web: stopped\n"
    assert daemon.status("web")["state"] == "STOPPED"
    daemon.ctl("start", "web", check=False)
    daemon.wait_state("web", "BACKOFF")


def test_the_budget_holds_back_a_storm(jobd):
    daemon = jobd(
        "restart_budget = 5 restart_budget_time = 1h\n"
        + "\n".join(
            f'program p{n} {{ command = "@PROGRAMS@/ends 1" start_retries = 100 backoff_min = 10ms backoff_max = 10ms }}'
            for n in range(5)
        )
    )
    with daemon.events(since=0) as events:
        starts = 0
        held = set()
        while len(held) < 5:
            event = events.next()
            starts += event["to"] == "STARTING" and event["name"].startswith("p")
            if event["to"] == "BACKOFF" and "budget" in daemon.status(event["name"])["description"]:
                held.add(event["name"])
    assert starts <= 5 + 5


def test_the_budget_goes_on_holding(jobd):
    """Those held back do not come back all at once: each window has its restarts and no more."""
    daemon = jobd(
        "restart_budget = 4 restart_budget_time = 3s\n"
        + "\n".join(
            f'program p{n} {{ command = "@PROGRAMS@/ends 1" start_retries = 1000 backoff_min = 1ms backoff_max = 1ms }}'
            for n in range(4)
        )
    )
    with daemon.events(since=0) as events:
        times = []
        while len(times) < 4 + 4 * 3:
            event = events.next(lambda event: event["to"] == "STARTING" and event["name"].startswith("p"))
            times.append(seconds(event["at"]))
    # Behind the first starts: never more than the budget within a window. A sixteenth less is the grain of its counting;
    # another one may pass between a start and the time that its event bears.
    restarts = times[4:]
    for earlier, later in zip(restarts, restarts[4:]):
        assert later - earlier >= 3 * 14 / 16


def test_why_a_program_can_not_start(jobd):
    daemon = jobd(
        'program missing { command = "no-such-command" start_retries = 0 }'
        'program directory { command = "/tmp" start_retries = 0 }'
        'program plain { command = "@DIR@/plain" start_retries = 0 }'
        'program elsewhere { command = "true" directory = "@DIR@/not-there" start_retries = 0 }'
        'program stranger { command = "true" user = "no-such-user" start_retries = 0 }',
        start=False,
    )
    (daemon.dir / "plain").write_text("#!/bin/sh\n")
    daemon.start()
    for name, words in {
        "missing": "no-such-command",
        "directory": "/tmp",
        "plain": "plain",
        "elsewhere": "not-there",
        "stranger": "no-such-user",
    }.items():
        status = daemon.wait_state(name, "FATAL")
        assert words in status["description"], status
        assert status["exit"]["reason"] == "spawn_failed"


def test_hooks_before_start(jobd):
    daemon = jobd(
        'program good { command = "@PROGRAMS@/polite" before_start = "touch @DIR@/before" }'
        'program bad { command = "touch @DIR@/never" before_start = "false" start_retries = 0 }'
        'program slow { command = "touch @DIR@/never" before_start = "@PROGRAMS@/stubborn" hook_timeout = 200ms start_retries = 0 }'
        'program lost { command = "touch @DIR@/never" before_start = "no-such-hook" start_retries = 0 }'
    )
    daemon.wait_state("good", "RUNNING")
    assert (daemon.dir / "before").exists()
    for name in ("bad", "slow", "lost"):
        status = daemon.wait_state(name, "FATAL")
        assert "before_start failed" in status["description"]
        assert status["exit"]["reason"] == "hook_failed"
    assert not (daemon.dir / "never").exists()
