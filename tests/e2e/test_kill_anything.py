"""Whatever is killed whenever: no tick twice, none lost, no second copy, no line lost."""

import os
import random
import signal
import time

import pytest

from jobd_fixture import wait_for

CONFIG = """
scheduler { timezone = UTC }
program web { command = "@PROGRAMS@/alone @DIR@/copies" start_seconds = 0 backoff_min = 1ms }
job tick {
    schedule = "* * * * * *"
    command = "echo $JOBD_DUE_AT $JOBD_ATTEMPT >> @DIR@/ledger"
    shell = true
    catch_up = all
    overlap = parallel
    on_crash = %s
}
"""


def pid_of(daemon, name):
    return daemon.status(name)["pid"]


def ticks(daemon):
    return daemon.json("ticks", "-n", 1000, "tick")["ticks"]


def settled(daemon):
    """All jobs of ticks are at an end."""
    return all(job["state"] in ("done", "dead") for job in daemon.json("jobs", "--type", "tick", "--limit", 1000)["jobs"])


def kill_for(daemon, seconds, victims, seed):
    chance = random.Random(seed)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        victim = chance.choice(victims)
        if victim == "jobd":
            daemon.kill9()
            daemon.start()
        elif pid := pid_of(daemon, victim):
            os.kill(pid, signal.SIGKILL)
        # The moment of death is what varies here.
        signal.sigtimedwait([], chance.random() * 0.7)


@pytest.mark.slow(16)
@pytest.mark.parametrize("policy", ["record", "retry"])
@pytest.mark.parametrize("victims", [("scheduler", "runner", "logger"), ("jobd",)], ids=["built-ins", "jobd"])
def test_no_tick_twice_and_none_lost(jobd, victims, policy):
    daemon = jobd("restart_budget = 100000\n" + CONFIG % policy)
    wait_for(lambda: (daemon.dir / "ledger").exists(), "the first tick")
    kill_for(daemon, 15, victims, seed=policy)
    for name in ("scheduler", "runner", "logger", "web"):
        daemon.wait_state(name, "RUNNING", timeout=60)
    last = max(tick["due_at"] for tick in ticks(daemon))
    # Pause, so that there is an end; then everything that was begun comes to one.
    daemon.ctl("pause", "tick")
    wait_for(lambda: settled(daemon), "the jobs to end", timeout=60)
    records = ticks(daemon)
    due = sorted(tick["due_at"] for tick in records if tick["due_at"] <= last)
    assert len(due) == len(set(due)), "a tick has two records"
    seconds = [int(text[-3:-1]) for text in due]
    assert all((later - earlier) % 60 == 1 for earlier, later in zip(seconds, seconds[1:])), f"a tick is missing: {due}"
    jobs = {job["jid"]: job for job in daemon.json("jobs", "--type", "tick", "--limit", 1000)["jobs"]}
    done = {tick["due_at"] for tick in records if tick["result"] == "ran" and jobs[tick["jid"]]["state"] == "done"}
    ledger = [line.split() for line in (daemon.dir / "ledger").read_text().splitlines()]
    assert done <= {due_at for due_at, _ in ledger}, "a run is called done and was not"
    # The same attempt never runs twice; with `record` there is one attempt only.
    assert len(ledger) == len({tuple(line) for line in ledger}), "an attempt ran twice"
    if policy == "record":
        assert len(ledger) == len({due_at for due_at, _ in ledger}), "a tick ran twice"
    else:
        assert {tick["due_at"] for tick in records if tick["result"] == "ran"} <= {due_at for due_at, _ in ledger}
    assert (daemon.dir / "copies").read_text() == "", "two copies of a program ran"
