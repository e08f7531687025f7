"""The queue keeps its word: what was answered with +OK is done in the end, whoever is killed at whatever moment, and
whatever becomes of the disk."""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import uuid

import pytest

from jobd_fixture import wait_for
from scheduler_alone import Worker
from wire import WireClosed, WireError

CONFIG = """
restart_budget = 100000
# Types without a section are kept and set aside by the scheduler's own rules.
scheduler { keep = 1000000 crashes = 1000000 }
job note {
    command = "echo $JOBD_JID $JOBD_ATTEMPT >> @DIR@/ledger"
    shell = true
    overlap = parallel
    on_crash = retry
    keep = 1000000
    crashes = 1000000
}
"""
GONE = (OSError, WireClosed)


class Client(threading.Thread):
    """A client that connects again whenever the connection is lost, or a request refused with the text that is expected
    in this test, until it is told to end."""

    def __init__(self, daemon, seed, refusal):
        super().__init__(daemon=True)
        self.path, self.refusal, self.refused = daemon.run_dir / "queue.sock", refusal, 0
        self.chance = random.Random(seed)
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.ending.is_set():
                with contextlib.suppress(*GONE), self.connect() as wire:
                    while not self.ending.is_set():
                        self.try_turn(wire)
        except Exception as error:  # reported by finish()
            self.failure = error

    def try_turn(self, wire):
        try:
            self.turn(wire)
        except WireError as error:
            if "shutdown in progress" not in str(error):
                if not self.refusal or self.refusal not in str(error):
                    raise
                self.refused += 1
            self.ending.wait(0.02)

    def finish(self):
        self.ending.set()
        self.join(60)
        assert not self.is_alive(), "a client does not end"
        if self.failure:
            raise self.failure


class Pusher(Client):
    """Pushes jobs one by one and a hundred at a time; `accepted` is the ledger of what was answered with OK."""

    def __init__(self, daemon, seed, refusal):
        super().__init__(daemon, seed, refusal)
        self.accepted, self.unknown = set(), set()

    def connect(self):
        return Worker(self.path, wid="", labels=())

    def job(self):
        jid = uuid.UUID(int=self.chance.getrandbits(128)).hex
        kind = {"jobtype": "note"} if self.chance.random() < 0.02 else {"jobtype": "foreign", "queue": "work"}
        return {"jid": jid, "args": [], "retry": 1000, **kind}

    def turn(self, wire):
        jobs = [self.job() for _ in range(self.chance.choice([1, 1, 1, 100]))]
        jids = {job["jid"] for job in jobs}
        self.unknown |= jids
        if len(jobs) == 1:
            assert wire.request("PUSH " + json.dumps(jobs[0])) == "OK"
        else:
            assert wire.request("PUSHB " + json.dumps(jobs)) == {}
        self.accepted |= jids
        self.unknown -= jids
        # About what the workers can do.
        self.ending.wait(0.004 * len(jobs))


class Hand(Client):
    """A worker in another language. It keeps a job over a lost connection until its ACK is answered."""

    def __init__(self, daemon, seed, refusal):
        super().__init__(daemon, seed, refusal)
        self.wid, self.holds, self.got, self.answered = f"hand-{seed}", None, [], set()

    def connect(self):
        return Worker(self.path, wid=self.wid, labels=(), running=[self.holds] if self.holds else [])

    def turn(self, wire):
        if not self.holds:
            job = wire.request("FETCH work")
            if not job:
                return
            assert job["jid"] not in self.answered, "a job comes again after its ACK was answered"
            self.got.append(job["jid"])
            self.holds = job["jid"]
        assert wire.request("ACK " + json.dumps({"jid": self.holds})) == "OK"
        self.answered.add(self.holds)
        self.holds = None


def kill_at_random(daemon, victims, rounds, chance):
    for _ in range(rounds):
        victim = chance.choice(victims)
        if victim == "jobd":
            daemon.kill9()
            daemon.start()
        elif pid := daemon.status(victim)["pid"]:
            os.kill(pid, signal.SIGKILL)
        # The moment of death is what varies here.
        signal.sigtimedwait([], chance.random() * 0.2)


def all_jobs(daemon, jids):
    """What the scheduler says of each job, by jid; None for those that it does not know."""
    found = {}
    with Worker(daemon.run_dir / "queue.sock", wid="", labels=(), timeout=60) as wire:
        for jid in jids:
            wire.send(f"JOB {jid}")
            found[jid] = wire.reply()
    return found


def attempts_of(job):
    return max(attempt["number"] for attempt in job["attempts"])


def fill_at_random(directory, rounds, chance):
    """Leave no room on the disk for a moment, again and again."""
    filler = directory / "filler"
    for _ in range(rounds):
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(chance.choice([512, 65536])))
        signal.sigtimedwait([], chance.random() * 0.2)
        filler.unlink()
        signal.sigtimedwait([], chance.random() * 0.2)


@contextlib.contextmanager
def load(daemon, refusal=None):
    """Jobs come and are done while the block runs, and are looked at afterwards."""
    for name in ("scheduler", "runner"):
        daemon.wait_state(name, "RUNNING")
    pushers = [Pusher(daemon, seed, refusal) for seed in range(3)]
    hands = [Hand(daemon, seed, refusal) for seed in range(3)]
    for client in (*pushers, *hands):
        client.start()
    yield
    for name in ("scheduler", "runner"):
        daemon.wait_state(name, "RUNNING", timeout=60)
    for pusher in pushers:
        pusher.finish()
    wait_for(lambda: not left(daemon), lambda: f"the queue to be empty; there are {left(daemon)}", timeout=120)
    for hand in hands:
        hand.finish()
    if refusal:
        assert sum(client.refused for client in (*pushers, *hands)), "nothing was refused"
    look(daemon, pushers, hands)


def left(daemon):
    """How many jobs wait or run, by state; counted up to 10."""
    states = ("ready", "running", "retry", "blocked")
    counts = {state: len(daemon.json("jobs", "--state", state, "--limit", 10)["jobs"]) for state in states}
    return {state: count for state, count in counts.items() if count}


def look(daemon, pushers, hands):
    accepted = set().union(*(pusher.accepted for pusher in pushers))
    known = accepted.union(*(pusher.unknown for pusher in pushers))
    assert len(accepted) > 100
    jobs = all_jobs(daemon, accepted)
    lost = [jid for jid, job in jobs.items() if job["state"] != "done"]
    assert not lost, f"{len(lost)} of {len(accepted)} acknowledged jobs are not done: {[jobs[jid] for jid in lost[:3]]}"
    ledger = [tuple(line.split()) for line in (daemon.dir / "ledger").read_text().splitlines()]
    assert len(ledger) == len(set(ledger)), "an attempt of a command ran twice"
    runs = {}
    for jid in [jid for jid, _ in ledger] + [jid for hand in hands for jid in hand.got]:
        runs[jid] = runs.get(jid, 0) + 1
    assert set(runs) <= known, "a job was done that nobody pushed"
    uncounted = [jid for jid in accepted if runs.get(jid, 0) > attempts_of(jobs[jid])]
    assert not uncounted, f"{len(uncounted)} jobs ran more often than was counted"
    never = [jid for jid in accepted if not runs.get(jid)]
    assert not never, f"{len(never)} jobs are called done and were not"
    print(f"{len(accepted)} jobs, {sum(runs.values())} runs")


@pytest.mark.slow(22)
@pytest.mark.parametrize("victims", [("scheduler", "runner"), ("jobd",)], ids=["built-ins", "jobd"])
def test_what_was_acknowledged_is_done_over_kills(jobd, victims):
    daemon = jobd(CONFIG)
    with load(daemon):
        kill_at_random(daemon, victims, 100, random.Random(7))


@pytest.mark.slow(12)
@pytest.mark.root
def test_what_was_acknowledged_is_done_over_full_disks(jobd):
    daemon = jobd(CONFIG, start=False)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(daemon.state_dir)], check=True)
    try:
        daemon.start()
        with load(daemon, refusal="disk is full"):
            fill_at_random(daemon.state_dir, 30, random.Random(7))
    finally:
        subprocess.run(["umount", "-l", str(daemon.state_dir)], check=False)
