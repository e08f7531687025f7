"""A tick is on disk a moment before its time, and its job leaves at that time: not sooner, and only to who is still there."""

import contextlib
import select
import socket
import sqlite3
import time

SECONDS = 'job beat { command = "true" schedule = "* * * * * *" overlap = parallel }'


def wait_for_next_tick(one):
    """The tick after those that are on disk now."""
    with contextlib.closing(sqlite3.connect(one.database, timeout=10)) as database:

        def decided():
            return database.execute("SELECT due_at, decided_at, late_us, jid FROM tick ORDER BY due_at DESC LIMIT 1").fetchall()

        before = decided()
        while (rows := decided()) == before:
            # It comes 20 ms before the second. Who has slept until then is let run at once, also on a busy machine.
            time.sleep(max(0.0005, -time.time() % 1 - 0.02))
    return rows[0]


def is_readable(wire):
    return bool(select.select([wire.socket], [], [], 0)[0])


def leave(wire):
    """Hang up; True if nothing had come until then."""
    wire.socket.shutdown(socket.SHUT_RDWR)
    came = wire.socket.recv(65536)
    wire.close()
    return came == b""


def test_no_job_starts_before_its_time(scheduler):
    one = scheduler(SECONDS)
    runner = one.worker()
    for _ in range(4):
        job = runner.take()
        came = time.time()
        due, _, late_us, _ = one.sql("SELECT due_at, decided_at, late_us, jid FROM tick WHERE jid = ?", job["jid"])[0]
        assert came >= due / 1e6
        assert late_us >= 0
        runner.ack(job["jid"])


def test_a_tick_is_on_disk_before_its_job_leaves(scheduler):
    one = scheduler(SECONDS)
    runner = one.worker()
    runner.take()
    for _ in range(30):
        runner.send("TAKE free=1 default")
        due, _, _, jid = wait_for_next_tick(one)
        ahead, early = is_readable(runner), time.time() < due / 1e6
        # What came may be the job of the tick before, if we were not let run for a second.
        if runner.reply()["jid"] == jid and early:
            assert not ahead
            return
    raise AssertionError("no tick was seen on disk before its time in 30 s")


def test_who_leaves_before_the_time_has_not_got_the_job(scheduler):
    one = scheduler(SECONDS)
    for number in range(30):
        # What the try before has left would be given at once.
        one.request('BULK {"do":"cancel","filter":{"state":"ready"}}')
        leaver = one.worker(f"leaver-{number}")
        leaver.send("TAKE free=1 default")
        jid = wait_for_next_tick(one)[3]
        left = leave(leaver)
        taker = one.worker(f"taker-{number}", running=[])
        if left and one.job(jid)["state"] != "dead":
            job = taker.take()
            while job["jid"] != jid:
                taker.ack(job["jid"])
                job = taker.take()
            assert taker.ack(jid) == "OK"
            assert one.job(jid)["state"] == "done"
            assert [attempt["worker"] for attempt in one.job(jid)["attempts"]] == [f"taker-{number}"]
            return
        taker.close()
    raise AssertionError("nobody could leave in time")
