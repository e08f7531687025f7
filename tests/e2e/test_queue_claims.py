"""That a job was handed out need not be on disk before its worker has it: it outlives the scheduler at once, a loss of
power after a moment. What was answered with OK outlives both, also where many ends share a sync."""

import contextlib
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from jobd_fixture import SANITIZED, wait_for
from scheduler_alone import Worker
from wire import WireClosed, WireError

LATE = 0.05  # seconds until claims are on disk, however quiet it is
JOBS = 60


@pytest.fixture(scope="module")
def disk_shim(tmp_path_factory):
    if SANITIZED:
        pytest.skip("a preloaded library does not go with sanitizers")
    path = tmp_path_factory.mktemp("shim") / "disk_shim.so"
    source = Path(__file__).parent / "programs" / "disk_shim.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(path), str(source)], check=True)
    return path


class Disk:
    """What of the scheduler's files is on disk."""

    def __init__(self, shim, path):
        self.path = path
        self.env = {"LD_PRELOAD": str(shim), "DISK_SHIM": str(path)}

    def syncs(self, name="queue.db-wal"):
        return (self.path / "syncs").read_text().split().count(name)

    @contextlib.contextmanager
    def failing(self):
        (self.path / "fails").touch()
        yield
        (self.path / "fails").unlink()

    def lose_power(self, one):
        """The scheduler is gone, and so is everything that was not synced."""
        one.kill()
        for name in ("queue.db", "queue.db-wal"):
            shutil.copy(self.path / name, one.state_dir / name)
        (one.state_dir / "queue.db-shm").unlink()


@pytest.fixture
def disk(disk_shim, tmp_path):
    return Disk(disk_shim, tmp_path)


def push(wire, count):
    for number in range(count):
        assert wire.request(f'PUSH {{"jid":"jid-{number:04}","jobtype":"Note","args":[]}}') == "OK"


def fetch(worker, count):
    return [worker.request("FETCH default")["jid"] for _ in range(count)]


def states(one):
    jobs = one.request('JOBS {"limit":1000}')
    return {job["jid"]: (job["state"], job["attempts"]) for job in jobs}


def test_claims_outlive_the_scheduler_without_a_sync(scheduler):
    one = scheduler()
    push(one.wire(), JOBS)
    taken = fetch(one.worker("w1", labels=[]), JOBS // 2)
    one.restart()
    found = states(one)
    assert all(found[jid] == ("running", 1) for jid in taken)
    assert len(found) == JOBS and sum(state == ("ready", 0) for state in found.values()) == JOBS // 2


def test_claims_share_a_sync_and_ends_do_not(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), JOBS)
    worker = one.worker("w1", labels=[])
    before, begin = disk.syncs(), time.monotonic()
    taken = fetch(worker, JOBS)
    claimed, passed = disk.syncs() - before, time.monotonic() - begin
    # Statistics of what was pushed are written in that time too.
    assert claimed <= passed / LATE + 2 and claimed < JOBS
    before = disk.syncs()
    for jid in taken:
        worker.ack(jid)
    assert disk.syncs() - before >= JOBS


def test_a_loss_of_power_forgets_no_answer(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), JOBS)
    worker = one.worker("w1", labels=[])
    done = fetch(worker, 5)
    for jid in done:
        worker.ack(jid)
    taken = fetch(worker, 20)
    disk.lose_power(one)
    one.start()
    found = states(one)
    assert len(found) == JOBS
    assert all(found[jid] == ("done", 1) for jid in done)
    # As if their worker had died, or had never had them.
    assert all(found[jid] in {("running", 1), ("ready", 0)} for jid in taken)
    assert all(found[jid] == ("ready", 0) for jid in set(found) - set(done) - set(taken))
    one.request("DB CHECK")


def test_claims_are_on_disk_after_a_moment(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), JOBS)
    # Nothing else is owed: what is synced from here on is for claims.
    wait_for(lambda: one.sql("SELECT sum(pushed) FROM stat") == [(JOBS,)], lambda: "statistics are written")
    before = disk.syncs()
    taken = fetch(one.worker("w1", labels=[]), 3)
    wait_for(lambda: disk.syncs() > before, lambda: "a sync comes by itself")
    wait_for(lambda: one.sleeps_ms() > 1000 * LATE, lambda: "nothing is waited for")
    disk.lose_power(one)
    one.start()
    found = states(one)
    assert all(found[jid] == ("running", 1) for jid in taken)


def test_an_end_covers_the_claims_before_it(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), JOBS)
    worker = one.worker("w1", labels=[])
    first, *others = fetch(worker, 10)
    worker.ack(first)
    disk.lose_power(one)
    one.start()
    found = states(one)
    assert found[first] == ("done", 1)
    assert all(found[jid] == ("running", 1) for jid in others)


class Diligent(threading.Thread):
    """Takes jobs and ends them, until the scheduler is gone; `done` is what was answered with OK."""

    def __init__(self, one, number, done):
        super().__init__(daemon=True)
        self.wire, self.done = one.worker(f"w{number}", labels=[]), done
        self.start()

    def run(self):
        with contextlib.suppress(OSError, WireClosed):
            while job := self.wire.request("FETCH default"):
                if self.wire.ack(job["jid"]) == "OK":
                    self.done.append(job["jid"])


def test_ends_that_share_a_sync_are_told_after_it(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), 160)
    before, done = disk.syncs(), []
    workers = [Diligent(one, number, done) for number in range(8)]
    wait_for(lambda: len(done) > 80, lambda: f"{len(done)} are done")
    syncs = disk.syncs() - before
    disk.lose_power(one)
    for worker in workers:
        worker.join(20)
    one.start()
    found = states(one)
    assert len(found) == 160
    assert all(found[jid] == ("done", 1) for jid in done)
    assert syncs < len(done)


def test_an_end_that_does_not_reach_the_disk_is_not_told(scheduler, disk):
    one = scheduler(env=disk.env)
    push(one.wire(), 2)
    worker = one.worker("w1", labels=[])
    first, other = fetch(worker, 2)
    assert worker.ack(first) == "OK"
    with disk.failing():
        with pytest.raises((WireClosed, WireError, OSError)):
            worker.ack(other)
        one.wait_status("can't be")
    one.wait_status("jobs")
    # Its worker asks again, and nothing is done twice.
    with contextlib.closing(Worker(one.socket_path, "w1", labels=[])) as again:
        assert again.ack(other) == "OK"
    assert states(one) == {first: ("done", 1), other: ("done", 1)}


def test_a_waiting_worker_does_not_wait_for_the_disk(scheduler, disk):
    one = scheduler(env=disk.env)
    worker, pusher = one.worker("w1", labels=[]), one.wire()
    push(pusher, 1)
    worker.ack(worker.take()["jid"])
    # What is counted is written by itself: then the next turn has nothing but the push and its claim.
    wait_for(lambda: one.sql("SELECT sum(pushed), sum(done) FROM stat") == [(1, 1)], lambda: "statistics are written")
    worker.send("TAKE free=1 default")
    wait_for(worker.is_read, lambda: "the worker is heard")
    with disk.failing():
        with pytest.raises((WireClosed, WireError, OSError)):
            pusher.request('PUSH {"jid":"jid-late","jobtype":"Note","args":[]}')
        assert worker.reply()["jid"] == "jid-late"
        disk.lose_power(one)
    # Nobody was told that it is there, and who pushed it does so again.
    one.start()
    assert "jid-late" not in states(one)
    assert one.request('PUSH {"jid":"jid-late","jobtype":"Note","args":[]}') == "OK"
    assert one.worker("w1", labels=[]).request("FETCH default")["jid"] == "jid-late"


def test_who_pushes_to_a_waiting_worker_hears_of_it_after_the_sync(scheduler, disk):
    one = scheduler(env=disk.env)
    worker, pusher = one.worker("w1", labels=[]), one.wire()
    for number in range(JOBS):
        worker.send("TAKE free=1 default")
        jid = f"jid-{number:04}"
        before = disk.syncs()
        assert pusher.request(f'PUSH {{"jid":"{jid}","jobtype":"Note","args":[]}}') == "OK"
        assert disk.syncs() > before
        assert worker.reply()["jid"] == jid
    disk.lose_power(one)
    one.start()
    assert states(one) == {f"jid-{number:04}": ("running", 1) for number in range(JOBS)}
