"""jobd-scheduler on bad days of its database: locked, damaged, full, failing, somebody else's."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time

import pytest
from jobd_fixture import STRETCH, wait_for
from scheduler_alone import JOBS, assert_no_second_is_missing, push, refused, run, scheduler_with_jobs, ticks  # noqa: F401
from wire import WireError


def assert_refuses(one, words):
    wire = one.wire()
    assert words in refused(wire, 'RUN {"job":"hello"}')
    assert words in refused(wire, push("jid-00000001"))
    return wire


def test_a_locked_database_is_told_and_waited_for(scheduler):
    one = scheduler(JOBS + 'job a { command = "true" schedule = "* * * * * *" overlap = parallel catch_up = all }\n'
        'scheduler { database_timeout = "100ms" }')
    wait_for(lambda: ticks(one, "a"), "a tick")
    with contextlib.closing(sqlite3.connect(one.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        one.wait_status("locked by another process")
        wire = assert_refuses(one, "locked by another process")
        # Looking is still possible.
        assert wire.request("SCHEDULES") and wire.request("TICKS a")
        spent = cpu_seconds(one)
        begin = time.monotonic()
        time.sleep(1)  # it must not spin
        assert cpu_seconds(one) - spent < 0.3 * (time.monotonic() - begin)
        other.execute("ROLLBACK")
    one.wait_status("jobs")
    assert run(one)
    now = time.time()
    wait_for(lambda: ticks(one, "a")[-1][0] >= now, "ticks again")
    rows = ticks(one, "a")
    assert_no_second_is_missing(rows)
    assert all(row[1] for row in rows)


def cpu_seconds(one):
    fields = open(f"/proc/{one.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_locked_database_at_the_start(scheduler):
    one = scheduler()
    run(one)
    one.kill(signal.SIGTERM)
    with contextlib.closing(sqlite3.connect(one.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        one.start()
        one.wait_status("locked by another process")
        assert_refuses(one, "locked by another process")
    one.wait_status("jobs")
    assert len(one.request("JOBS {}")) == 1


def test_a_damaged_database_is_left_alone_and_told(scheduler):
    one = scheduler()
    run(one)
    one.kill(signal.SIGTERM)
    good = one.database.read_bytes()
    one.database.write_bytes(b"garbage" * 1000)
    one.start()
    one.wait_status("is no database")
    assert_refuses(one, "is no database")
    assert one.database.read_bytes() == b"garbage" * 1000
    one.database.write_bytes(good)
    one.wait_status("jobs")
    assert len(one.request("JOBS {}")) == 1


def test_pages_that_rot_are_told(scheduler):
    one = scheduler('job a { command = "true" overlap = parallel }')
    for _ in range(300):
        run(one, "a", args=["x" * 500])
    one.kill(signal.SIGTERM)
    good = one.database.read_bytes()
    one.database.write_bytes(good[:8192] + b"\xa5" * (len(good) - 8192))
    one.start()
    wait_for(lambda: one.told() is not None and ("damaged" in one.status or "no database" in one.status),
        lambda: one.status)
    one.database.write_bytes(good)
    one.wait_status("jobs")
    assert len(one.request('JOBS {"limit":1000}')) == 300


def test_a_newer_database_is_refused(scheduler):
    one = scheduler()
    one.kill(signal.SIGTERM)
    with contextlib.closing(sqlite3.connect(one.database)) as database:
        database.execute("PRAGMA user_version = 99")
    one.start()
    one.wait_status("newer jobd")
    assert_refuses(one, "newer jobd")


def test_a_removed_database_is_told_and_made_anew(scheduler):
    one = scheduler()
    run(one)
    for path in one.state_dir.iterdir():
        path.unlink()
    assert_refuses(one, "was moved or removed")
    one.wait_status("jobs")
    assert run(one) and len(one.request("JOBS {}")) == 1


@pytest.mark.root
def test_a_full_disk_is_told_and_waited_for(scheduler, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=True)
    try:
        one = scheduler('job a { command = "true" overlap = parallel }\njob hello { command = "true" overlap = parallel }',
            state_dir=disk)
        acknowledged = [run(one, "a")]
        filler = disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(WireError) as error:
            for _ in range(1000):
                acknowledged.append(run(one, "a", args=["x" * 2000]))
        # Some clients of Faktory's take any other code for a success.
        assert str(error.value).startswith("ERR ") and "disk is full" in str(error.value)
        one.wait_status("disk is full")
        assert_refuses(one, "disk is full")
        assert len(one.request('JOBS {"limit":1000}')) == len(acknowledged)
        filler.unlink()
        one.wait_status("jobs")
        acknowledged.append(run(one, "a"))
        assert {job["jid"] for job in one.request('JOBS {"limit":1000}')} == set(acknowledged)
        one.kill()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.root
def test_a_read_only_disk_is_told_and_waited_for(scheduler, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(disk)], check=True)
    try:
        one = scheduler(state_dir=disk)
        jid = run(one)
        one.kill(signal.SIGTERM)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        one.start()
        wait_for(lambda: one.told() is not None and ("read-only" in one.status or "can't be opened" in one.status),
            lambda: one.status)
        assert_refuses(one, "database")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        one.wait_status("jobs")
        assert one.job(jid)["state"] == "ready"
        one.kill()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.slow(6)
@pytest.mark.parametrize(
    "fault", ["fdatasync:error=EIO:when=7+9", "pwrite64:error=ENOSPC:when=30+43", "pwrite64:error=EIO:when=30+43"])
def test_a_disk_that_fails_now_and_then_loses_nothing(scheduler, fault):
    """What was acknowledged is there; what was refused may be tried again."""
    one = scheduler('job a { command = "true" overlap = parallel }')
    one.kill(signal.SIGTERM)
    one.wrapper = ["strace", "-D", "-o", "/dev/null", "-e", f"inject={fault}"]
    one.start()
    acknowledged, refusals = set(), 0
    wire = one.wire()
    deadline = time.monotonic() + 15 * STRETCH
    while len(acknowledged) < 20 and time.monotonic() < deadline:
        try:
            acknowledged.add(wire.request('RUN {"job":"a"}')["jid"])
        except WireError as error:
            assert "database" in str(error)
            refusals += 1
            time.sleep(0.05)
    assert acknowledged and refusals
    one.kill()
    one.wrapper = []
    one.start()
    stored = {job["jid"] for job in one.request('JOBS {"limit":1000}')}
    assert acknowledged <= stored
