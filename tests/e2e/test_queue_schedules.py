"""Schedules that users make: what they did last, what they do next, and that many of them stay cheap."""

import contextlib
import json
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from jobd_fixture import STRETCH, build_dir, wait_for
from wire import WireError

TYPES = 'job digest { command = "true" }\njob once { command = "true" unique_for = 1h on_conflict = keep }\n'


def jobctl(one, *words):
    env = {**os.environ, "JOBD_RUN_DIR": str(one.dir), "TZ": "UTC"}
    command = [str(build_dir() / "src/jobctl/jobctl"), *words]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=20 * STRETCH).stdout


def make(wire, name, **fields):
    return wire.request("SCHEDULE SET " + json.dumps({"name": name, "job": "digest", **fields}))


def test_the_last_tick_is_told(scheduler):
    one = scheduler(TYPES)
    wire = one.wire()
    assert make(wire, "user-1", schedule="@every 1s", args=[1])["last"] is None
    wait_for(lambda: one.schedule("user-1")["last"], "its first tick")
    last = one.schedule("user-1")["last"]
    assert last["result"] == "ran" and last["reason"] is None
    found = one.job(last["jid"])
    assert found["args"] == [1] and found["due_at"] == last["due_at"]
    assert found["custom"] == {"_schedule": "user-1"}
    assert wire.request("PAUSE user-1") == "OK"
    (page,) = wire.request('SCHEDULES {"limit":10}')
    assert page["last"] == one.schedule("user-1")["last"] and page["next_at"] is None
    assert wire.request("TICKS user-1")[0] == page["last"]
    one.restart()
    assert one.schedule("user-1")["last"] == page["last"]
    text = jobctl(one, "next", "user-1", "-n", "2")
    assert "(@every 1s), disabled\n  last: " in text and f" ran, job {page['last']['jid']}\n" in text
    assert page["last"]["jid"] in jobctl(one, "--json", "next", "user-1")
    (line,) = [line for line in jobctl(one, "schedules").splitlines() if line.startswith("user-1")]
    assert line.split()[4][:4] == page["last"]["due_at"][:4]


def test_a_tick_that_does_not_run_says_why(scheduler):
    one = scheduler('job digest { command = "true" enabled = false }\n')
    make(one.wire(), "user-1", schedule="@every 1s")
    wait_for(lambda: one.schedule("user-1")["last"], "its first tick")
    last = one.schedule("user-1")["last"]
    assert (last["result"], last["reason"], last["jid"]) == ("skipped", "disabled", None)
    assert "skipped, disabled" in jobctl(one, "schedules") and "skipped (disabled)" in jobctl(one, "next", "user-1")


def test_a_tick_in_whose_place_another_job_is_kept_did_not_run(scheduler):
    one = scheduler(TYPES)
    first = jobctl(one, "push", "once").strip()
    one.wire().request("SCHEDULE SET " + json.dumps({"name": "user-1", "job": "once", "schedule": "@every 1s"}))
    wait_for(lambda: one.schedule("user-1")["last"], "its first tick")
    last = one.schedule("user-1")["last"]
    assert (last["result"], last["reason"], last["jid"]) == ("skipped", "refused", first)
    assert one.request("COUNT {}")["count"] == 1


def test_the_rule_for_short_months_is_followed_by_next(scheduler):
    one = scheduler(TYPES)
    made = make(one.wire(), "rent", frequency="monthly", time="07:00", day=30, month_end="last", timezone="UTC")

    def shown(*options):
        (row,) = json.loads(jobctl(one, "--json", "next", "rent", *options))["schedules"]
        return row["words"], [time["utc"] for time in row["next"]]

    words, times = shown()
    assert times[0] == made["next_at"] and len(times) == 5 and words.endswith("shorter month")
    assert shown("-n", "3", "--from", "2028-01-30T07:00:00Z")[1] == [f"2028-{day}T07:00:00Z" for day in ("02-29", "03-30", "04-30")]
    for wrong, error in {"NEXT nobody": "no such job", "NEXT rent from=soon": "from: 'soon'", "TICKS nobody": "no such schedule"}.items():
        with pytest.raises(WireError, match=error):
            one.request(wrong)
    assert one.request("TICKS digest") == one.request("TICKS rent") == []


def test_many_schedules_are_cheap(scheduler):
    """A hundred thousand that are due tomorrow: nothing is done for them, and one is changed as fast as alone."""
    one = scheduler(TYPES)
    # Not while this runs, at whatever time of the day that is.
    hour = (time.gmtime().tm_hour + 12) % 24
    make(one.wire(), "first", frequency="daily", time=f"{hour:02}:00", timezone="UTC")
    one.kill()
    tomorrow = int((time.time() + 86400) * 1e6)
    rows = ((f"user-{number:06}", "digest", f"0 {hour} * * *", tomorrow - 86400_000_000, tomorrow) for number in range(100_000))
    with contextlib.closing(sqlite3.connect(one.database)) as database, database:
        database.executemany(
            "INSERT INTO routine(name, job, schedule, enabled, catch_up, created_at, cursor, next_at) VALUES(?, ?, ?, 1, 1, 1, ?, ?)",
            rows,
        )
    begun = time.monotonic()
    one.start()
    wire = one.wire()
    print(f"start-up with 100,000 schedules: {(time.monotonic() - begun) * 1000:.0f} ms")
    # What lists read and writes is bounded, however many there are.
    assert len(wire.request('SCHEDULES {"limit":1000,"after":"user-050000"}')) == 1000
    begun = time.monotonic()
    for number in range(50):
        make(wire, f"user-{number:06}", schedule=f"0 {hour} * * *", timezone="UTC")
    print(f"a schedule is set in {(time.monotonic() - begun) * 20:.2f} ms")
    make(wire, "soon", schedule="@every 1s")
    wait_for(lambda: one.schedule("soon")["last"], "the one that is due")
    assert one.sql("SELECT count(*) FROM routine_tick WHERE routine <> 'soon'") == [(0,)]
    size = int(Path(f"/proc/{one.process.pid}/status").read_text().split("VmRSS:")[1].split()[0])
    print(f"the scheduler has {size / 1024:.1f} MiB")


def test_push_prints_the_id_of_the_job_that_is_kept(scheduler):
    one = scheduler(TYPES)
    first = jobctl(one, "push", "once").strip()
    assert jobctl(one, "push", "once").strip() == first
    assert one.request("COUNT {}")["count"] == 1
    # Who did not ask for it hears Faktory's word.
    assert one.request('PUSH {"jid":"jid-00000001","jobtype":"once","args":[]}') == "OK"
