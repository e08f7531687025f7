"""Bad days of the queue: something clear is said, nothing is lost, and nobody else is disturbed."""

import contextlib
import json
import os
import resource
import sqlite3
import time
from pathlib import Path

import pytest
from jobd_fixture import SANITIZED, wait_for
from wire import WireError


def job(number, **more):
    return {"jid": f"jid-{number:08}", "jobtype": "Resize", "args": [], **more}


def push(wire, number, **more):
    assert wire.request("PUSH " + json.dumps(job(number, **more))) == "OK"


def jid(number):
    return f"jid-{number:08}"


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


def ask(wire, verb, **fields):
    return wire.request(f"{verb} {json.dumps(fields)}")


def counts(one):
    return one.request("COUNT {}")["states"]


def test_a_list_of_almost_64_mib(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    jobs = [job(number, args=["x" * 1_000_000]) for number in range(67)]
    line = b"PUSHB " + json.dumps(jobs).encode() + b"\r\n"
    assert 63 << 20 < len(line) < 64 << 20
    wire.socket.settimeout(60)
    wire.socket.sendall(line)
    push(other, 1000)
    assert wire.reply() == {}
    assert one.request("COUNT {}")["count"] == 68
    pages = int(Path(f"/proc/{one.process.pid}/statm").read_text().split()[1])
    assert pages * resource.getpagesize() < 150 << 20 or SANITIZED


def test_a_jid_is_used_once_whatever_became_of_its_job(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    again = "PUSH " + json.dumps(job(1, args=["other"]))

    def is_taken(state):
        assert one.job(jid(1))["state"] == state
        assert jid(1) in refused(wire, again)
        assert list(wire.request("PUSHB " + json.dumps([job(1)]))) == [jid(1)]
        assert one.job(jid(1))["args"] == []

    push(wire, 1)
    is_taken("ready")
    assert worker.request("FETCH default")["jid"] == jid(1)
    is_taken("running")
    assert ask(worker, "ACK", jid=jid(1)) == "OK"
    is_taken("done")
    one.restart()
    assert jid(1) in refused(one.wire(), again)
    assert one.request(f"DELETE {jid(1)}") == "OK"
    assert one.request(again) == "OK"


def test_the_lease_of_a_job_that_is_gone(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    for number in range(3):
        push(wire, number, custom={"track": 1})
        worker.request("FETCH default")
    assert "ERR" in refused(wire, f"DELETE {jid(0)}")
    assert wire.request("FLUSH") == "OK"
    assert ask(worker, "ACK", jid=jid(0)) == "OK"
    assert refused(worker, "FAIL " + json.dumps({"jid": jid(1)})) == f"ERR Job not found {jid(1)}"
    assert "ERR" in refused(worker, "TRACK SET " + json.dumps({"jid": jid(2), "reserve_until": "2099-01-01T00:00:00Z"}))
    assert ask(worker, "BEAT", wid="w1") == "OK"
    push(wire, 1)
    assert worker.request("FETCH default")["jid"] == jid(1)
    assert ask(worker, "ACK", jid=jid(1)) == "OK"
    assert counts(one) == {"done": 1}


def test_a_worker_that_vanishes_and_comes_back_too_late(scheduler, clock):
    """It never closes; its lease runs out, another one does the job, and its own word counts no more."""
    one = scheduler(env=clock.env, config="")
    wire, lost, other = one.wire(), one.worker("w1", labels=[]), one.worker("w2", labels=[])
    push(wire, 1, reserve_for=60)
    push(wire, 2, reserve_for=86400)
    assert [lost.request("FETCH default")["jid"] for _ in range(2)] == [jid(1), jid(2)]
    clock.set(120)
    wait_for(lambda: one.job(jid(1))["state"] == "retry", "the end of the lease")
    failure = one.job(jid(1))["failure"]
    assert failure["errtype"] == "ReservationExpired" and failure["retry_count"] == 0
    assert wire.request(f"RETRY {jid(1)}") == "OK"
    taken = other.request("FETCH default")
    assert taken["jid"] == jid(1) and taken["failure"]["remaining"] == 25
    assert ask(lost, "ACK", jid=jid(1)) == "OK"
    assert "Job not found" in refused(lost, "FAIL " + json.dumps({"jid": jid(1)}))
    assert one.job(jid(1))["state"] == "running" and one.job(jid(1))["worker"] == "w2"
    assert ask(other, "ACK", jid=jid(1)) == "OK"
    # The one whose lease goes on is still its own.
    assert ask(lost, "ACK", jid=jid(2)) == "OK"
    assert counts(one) == {"done": 2}


def test_the_clock_is_set_back_an_hour(scheduler, clock):
    one = scheduler(env=clock.env, config="")
    wire, worker = one.wire(), one.worker("w1", labels=[])
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1800))
    push(wire, 1, at=at)
    push(wire, 2)
    push(wire, 3, queue="limited")
    assert ask(wire, "LIMIT", queue="limited", rate=1, rate_period_ms=1000) == "OK"
    assert worker.request("FETCH limited")["jid"] == jid(3)
    clock.set(-3600)
    push(wire, 4)
    push(wire, 5, queue="limited")
    assert [worker.request("FETCH default")["jid"] for _ in range(2)] == [jid(2), jid(4)]
    # A rate is not held up for the hour.
    wait_for(lambda: (worker.request("FETCH limited") or {}).get("jid") == jid(5), "the token")
    for number in (2, 3, 4, 5):
        assert ask(worker, "ACK", jid=jid(number)) == "OK"
    assert counts(one) == {"done": 4, "scheduled": 1}
    # At its time by the clock, and once.
    clock.set(1801)
    assert worker.request("FETCH default")["jid"] == jid(1)
    clock.set(-3600)
    clock.set(1801)
    assert worker.request("FETCH default") is None


def fill(wire, first, count):
    assert wire.request("PUSHB " + json.dumps([job(number, args=["x" * 200]) for number in range(first, first + count)])) == {}


def pushes_again(one):
    with contextlib.suppress(WireError):
        return one.request("PUSH " + json.dumps(job(900_000)))


def numbers_in(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute("SELECT count(*) FROM job").fetchone()[0]


def test_a_database_that_is_replaced_is_not_mixed_with_the_old_one(scheduler):
    """What stood in the old one's log would be written over the new one."""
    one = scheduler()
    wire = one.wire()
    fill(wire, 0, 300)
    copy = one.dir / "copy.db"
    assert wire.request(f"DB BACKUP {copy}") == "OK"
    fill(wire, 1000, 3000)
    os.replace(copy, one.database)
    assert "was moved or removed" in refused(wire, "PUSH " + json.dumps(job(5000)))
    wait_for(lambda: pushes_again(one), "the other database")
    assert one.request("COUNT {}")["count"] == 301
    assert one.request("DB CHECK") == "OK"
    one.restart()
    assert one.request("COUNT {}")["count"] == 301


def test_a_database_that_is_moved_has_everything(scheduler):
    one = scheduler()
    wire = one.wire()
    fill(wire, 0, 3000)
    moved = one.dir / "moved.db"
    one.database.rename(moved)
    assert "was moved or removed" in refused(wire, "PUSH " + json.dumps(job(5000)))
    wait_for(lambda: pushes_again(one), "a new database")
    assert one.request("COUNT {}")["count"] == 1
    assert numbers_in(moved) == 3000
