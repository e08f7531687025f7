"""The calendar of jobd-scheduler by itself, and the ends of programs that it keeps."""

import random
import signal
import time

import pytest
from idle import switches, wait_asleep
from jobd_fixture import wait_for
from scheduler_alone import DiligentRunner, assert_no_second_is_missing, run, scheduler_with_jobs, ticks  # noqa: F401

SECONDS = """
job plain { command = "true" schedule = "* * * * * *" catch_up = all overlap = parallel }
job queue { command = "true" schedule = "* * * * * *" catch_up = all overlap = queue }
job skips { command = "true" schedule = "* * * * * *" catch_up = all }
"""


def test_every_second_has_one_tick_and_one_job(scheduler):
    one = scheduler(SECONDS)
    runner = one.worker()
    seen = [runner.take() for _ in range(6)]
    assert {job["jobtype"] for job in seen} >= {"plain"}
    wait_for(lambda: len(ticks(one, "plain")) >= 3, "three ticks")
    rows = ticks(one, "plain")
    assert_no_second_is_missing(rows)
    assert all(ran and jid for _, ran, _, _, jid in rows)
    shown = one.request("TICKS plain limit=2")
    assert len(shown) == 2 and shown[0]["due_at"] > shown[1]["due_at"] and shown[0]["result"] == "ran"
    assert {(r["result"], r["reason"]) for r in one.request("TICKS skips")} >= {("skipped", "overlap")}


@pytest.mark.slow(26)
def test_no_tick_is_lost_or_done_twice_over_a_hundred_kills(scheduler):
    one = scheduler(SECONDS)
    runner = DiligentRunner(one.socket_path)
    chance = random.Random(20261122)
    for _ in range(110):
        time.sleep(chance.uniform(0, 0.5))  # the moment of the kill is the point of the test
        one.kill()
        one.start(ready=False)
    one.wait_told("READY=1")
    last = int(time.time())
    for name in ("plain", "queue", "skips"):
        wait_for(lambda name=name: ticks(one, name)[-1][0] > last, f"ticks of {name}")
        rows = ticks(one, name)
        assert_no_second_is_missing(rows)
        jids = [row[4] for row in rows if row[1]]
        assert len(set(jids)) == len(jids) and all(jids)
        if name != "skips":
            assert len(jids) == len(rows), [row for row in rows if not row[1]]
    # Each job was handed out once, though the scheduler died between the commit and the hand-over.
    ran = one.sql("SELECT jid FROM job WHERE jid IN (SELECT jid FROM tick WHERE due_at < ?)", last * 1000000)
    wait_for(lambda: all(jid in runner.taken for (jid,) in ran), "every job to be taken")
    assert {jid: n for jid, n in runner.taken.items() if n != 1} == {}
    undone = "SELECT jid FROM job JOIN course USING (id) WHERE id NOT IN (SELECT id FROM done) AND due_at < ?"
    wait_for(lambda: not one.sql(undone, last * 1000000), lambda: one.sql(undone, last * 1000000))
    runner.stop()


def test_changes_of_the_configuration_take_effect(scheduler):
    one = scheduler('job a { command = "true" schedule = "0 0 1 1 *" timezone = "UTC" description = "one" }')
    before = one.schedule("a")
    assert before["next_at"].endswith("-01-01T00:00:00Z") and before["last"] is None and not before["paused"]
    assert one.request("PAUSE a") == "OK"
    one.reload('job a { command = "true" schedule = "@daily" timezone = "Asia/Tokyo" }\njob b { command = "true" }')
    wait_for(lambda: one.schedule("a")["schedule"] == "@daily", "the new configuration")
    after = one.schedule("a")
    assert after["timezone"] == "Asia/Tokyo" and after["paused"] and after["next_at"].endswith("T15:00:00Z")
    assert [row["name"] for row in one.request("SCHEDULES")] == ["a", "b"]
    run(one, "b")
    one.reload('job b { command = "true" }')
    wait_for(lambda: [row["name"] for row in one.request("SCHEDULES")] == ["b"], "the new configuration")
    assert len(one.request('JOBS {"type":"b"}')) == 1


def test_a_paused_schedule_stays_paused_and_can_be_run_by_hand(scheduler):
    one = scheduler('job a { command = "true" schedule = "* * * * * *" overlap = parallel }')
    assert one.request("PAUSE a") == "OK"
    one.restart(signal.SIGTERM)
    assert one.schedule("a")["paused"]
    wait_for(lambda: one.request("TICKS a limit=1")[:1] and one.request("TICKS a limit=1")[0]["reason"] == "paused",
        "a skipped tick")
    assert run(one, "a")
    assert one.request("RESUME a") == "OK"
    wait_for(lambda: one.request("TICKS a limit=1")[0]["result"] == "ran", "a tick that runs")


@pytest.mark.parametrize("days", [-1, 1])
def test_the_clock_is_set_by_a_day(scheduler, clock, days):
    one = scheduler("""
job plain { command = "true" schedule = "* * * * * *" catch_up = once overlap = parallel }
job skips { command = "true" schedule = "* * * * * *" catch_up = skip overlap = parallel }
""", env=clock.env)

    def ran_since(name, begin):
        return [row for row in ticks(one, name) if row[1] and begin <= row[0] < begin + 600]

    wait_for(lambda: len(ticks(one, "plain")) >= 3 and len(ticks(one, "skips")) >= 3, "ticks")
    for offset in (days, 0):
        clock.set(offset * 86400)
        begin = int(time.time()) + offset * 86400 + 1
        for name in ("plain", "skips"):
            # At once, not when the old clock would have come there.
            wait_for(lambda name=name: len(ran_since(name, begin)) >= 2, f"ticks of {name} by the new clock")
    for name in ("plain", "skips"):
        # The next second must not come between the two that are compared.
        assert one.request(f"PAUSE {name}") == "OK"
        jids = [row[4] for row in ticks(one, name) if row[1]]
        assert len(set(jids)) == len(jids) == len(one.request(f'JOBS {{"type":"{name}","limit":10000}}'))
    # What lies between is on record, in a bounded number of lines.
    assert any(row[2] == "missed" for row in ticks(one, "skips"))
    assert any(row[2] == "superseded" for row in ticks(one, "plain"))
    assert len(ticks(one, "plain")) < 2500


def test_between_ticks_it_does_nothing(scheduler):
    one = scheduler('job a { command = "true" schedule = "0 0 1 1 *" }\njob b { command = "true" }')
    one.control.wait_follower()
    runner = one.worker()
    runner.send("TAKE free=1 default")
    idle = one.wire()
    idle.request("JOBS {}")

    wait_asleep(one.process.pid, 600_000)
    before = switches(one.process.pid)
    time.sleep(3)  # nothing may happen in this time
    assert switches(one.process.pid) == before


# History.


def exit_event(seq, pid, **more):
    return {"seq": seq, "at": "2026-11-22T05:30:00Z", "program": "web", "name": "web", "from": "RUNNING",
            "to": "BACKOFF", "reason": "crash", "pid": pid,
            "exit": {"reason": "signal", "code": None, "signal": "SIGSEGV", "core": True,
                     "at": f"2026-11-22T05:30:{seq:02}Z", "uptime_ms": 1234, **more}}


def test_ends_of_programs_are_kept(scheduler):
    one = scheduler(start=False)
    one.control.events = [exit_event(1, 100), {**exit_event(2, 101), "exit": None}]
    one.start()
    wait_for(lambda: len(one.request("HISTORY web")) == 1, "the exit from before the start")
    one.control.event(**exit_event(3, 102, reason="exit", code=7, signal=None, core=False))
    wait_for(lambda: len(one.request("HISTORY web")) == 2, "the exit")
    one.restart()
    one.control.wait_follower(2)
    newest, oldest = one.request("HISTORY web")
    assert newest["code"] == 7 and newest["signal"] is None and newest["uptime_ms"] == 1234 and newest["pid"] == 102
    assert oldest["signal"] == "SIGSEGV" and oldest["core"] and oldest["at"] == "2026-11-22T05:30:01Z"
    assert one.request("HISTORY nobody") == []
    assert len(one.request("HISTORY web limit=1")) == 1
