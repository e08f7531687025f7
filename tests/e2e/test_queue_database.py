"""Looking after the database while it is in use: check, backup, vacuum; others are served meanwhile."""

import contextlib
import json
import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from jobd_fixture import wait_for
from wire import WireError


def fill(wire, count, first=0, size=10):
    jobs = [{"jid": f"jid-{first + number:08}", "jobtype": "Resize", "args": ["x" * size]} for number in range(count)]
    assert wire.request("PUSHB " + json.dumps(jobs)) == {}


def children(one):
    """The processes that look for damage: those that have begun to."""
    pids = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read_text().split()
    with contextlib.suppress(OSError):
        return [int(pid) for pid in pids if b"--inspect" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return []


def state_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return "X"


def caught(one, wire):
    """A check whose process is stopped in the middle."""
    for _ in range(50):
        wire.send("DB CHECK")
        with contextlib.suppress(ProcessLookupError, IndexError, AssertionError):
            wait_for(lambda: children(one), "the process that looks", timeout=0.3, pause=0.001)
            pid = children(one)[0]
            os.kill(pid, signal.SIGSTOP)
            # Not if it had ended just before.
            wait_for(lambda: state_of(pid) in "TZX", "it to stop")
            if state_of(pid) == "T":
                return pid
        assert wire.reply() == "OK"
    raise AssertionError("every check was over too soon")


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


def test_a_check_keeps_nobody_waiting(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    fill(wire, 3000, size=5000)
    pid = caught(one, wire)
    assert other.request("COUNT {}")["count"] == 3000
    fill(other, 10, first=100_000)
    assert "another check" in refused(other, "DB CHECK")
    os.kill(pid, signal.SIGCONT)
    assert wire.reply() == "OK"
    assert not children(one)


def test_a_check_ends_with_its_client(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    fill(other, 3000, size=5000)
    caught(one, wire)
    wire.close()
    wait_for(lambda: not children(one), "the end of the process that looks")
    assert other.request("DB CHECK") == "OK"
    caught(one, other)
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(10) == 0


def test_damage_is_found_and_told(scheduler):
    one = scheduler()
    fill(one.wire(), 2000, size=500)
    one.kill(signal.SIGTERM)
    one.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = one.database.stat().st_size // 4096
    with one.database.open("r+b") as file:
        file.seek(4096 * (pages // 2))
        file.write(b"\x55" * 64)
    one.start()
    assert "is damaged" in refused(one.wire(), "DB CHECK") or "malformed" in refused(one.wire(), "DB CHECK")


def test_a_backup_is_written_under_load(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    fill(wire, 3000, size=2000)
    over = threading.Event()

    def push_on():
        number = 1_000_000
        while not over.is_set():
            fill(other, 5, first=number)
            number += 5

    pusher = threading.Thread(target=push_on)
    pusher.start()
    copy = one.dir / "a copy  of it.db"
    try:
        assert wire.request("DB BACKUP " + json.dumps({"path": str(copy)})) == "OK"
    finally:
        over.set()
        pusher.join()
    with contextlib.closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM job").fetchone()[0] >= 3000
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_vacuum_of_much_is_asked_for_expressly(scheduler):
    one = scheduler()
    wire = one.wire()
    fill(wire, 10)
    assert wire.request("DB VACUUM") == "OK"
    one.kill(signal.SIGTERM)
    one.sql("CREATE TABLE pad AS SELECT zeroblob(70 << 20) AS data")
    one.sql("DROP TABLE pad")
    with contextlib.closing(sqlite3.connect(one.database)) as database, database:
        database.execute("CREATE TABLE pad AS SELECT zeroblob(70 << 20) AS data")
        database.execute("DELETE FROM pad")
    one.start()
    wire = one.wire()
    text = refused(wire, "DB VACUUM")
    assert "MiB, and nobody is served" in text and "--yes" in text
    assert wire.request("DB VACUUM now=1") == "OK"
    assert one.database.stat().st_size < 10 << 20
    assert wire.request("COUNT {}")["count"] == 10


def test_a_second_scheduler_is_refused(scheduler):
    """What is in the database is also in the first one's memory; the second one takes over when that is gone."""
    one = scheduler()
    fill(one.wire(), 3000, size=5000)
    other = scheduler(state_dir=one.state_dir)
    words = f"{one.database} is in use by another scheduler, pid {one.process.pid}"
    other.wait_status(words)
    assert words in refused(other.wire(), "COUNT {}") and words in refused(other.wire(), "PUSHB []")
    fill(one.wire(), 3, first=10_000)
    # A process that looks for damage must not hold the lock on.
    pid = caught(one, one.wire())
    one.kill()
    other.wait_status("0 jobs")
    assert other.request("COUNT {}")["count"] == 3003
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    one.start()
    one.wait_status(f"pid {other.process.pid}")


def test_without_a_place_for_its_lock_nothing_is_done(scheduler):
    one = scheduler()
    one.kill(signal.SIGTERM)
    lock = Path(f"{one.database}-lock")
    lock.unlink()
    lock.mkdir()
    one.start()
    one.wait_status("can't be locked: Is a directory")
    assert "can't be locked" in refused(one.wire(), "COUNT {}")
    lock.rmdir()
    one.wait_status("0 jobs")
