"""Figures of what jobs did: for each type, queue and tag, in all and by the hour."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from jobd_fixture import wait_for
from wire import WireError

HOUR = 3600


def push(wire, number, **options):
    wire.request("PUSH " + json.dumps({"jid": f"job-{number:04}", "jobtype": "work", "args": [], "retry": -1, **options}))


def do(worker, good=True, queue="default"):
    job = worker.request(f"FETCH {queue}")
    worker.request(("ACK " if good else "FAIL ") + json.dumps({"jid": job["jid"], "errtype": "E", "message": "m"}))


def groups(scheduler, **query):
    with scheduler.wire() as wire:
        return {one["name"]: one for one in wire.request("GROUPS " + json.dumps(query))}


def set_clock(scheduler, clock, seconds):
    """Until the scheduler has seen it."""
    clock.set(seconds)
    wanted = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    wait_for(lambda: datetime.fromisoformat(scheduler.request("INFO")["now"]) >= wanted, "the clock")


def test_they_outlive_the_scheduler(scheduler):
    s = scheduler("")
    with s.wire() as wire, s.worker(wid="w", labels=["test"]) as worker:
        for number in range(20):
            push(wire, number, jobtype="odd" if number % 2 else "even")
            do(worker, number % 4 != 1)
    s.restart(15)
    found = groups(s, by="type")
    assert (found["odd"]["done"], found["odd"]["failed"], found["odd"]["success_percent"]) == (5, 5, 50)
    assert found["even"]["total"] == 10 and found["even"]["overdue"] == 0 and "hours" not in found["even"]
    assert groups(s, by="queue")["default"]["total"] == 20
    assert groups(s, by="all")["all"]["total"] == 20
    # Two if one was full meanwhile.
    hours = groups(s, by="type", by_hour=True)["odd"]["hours"]
    assert sum(hour["total"] for hour in hours) == 10 and sum(hour["failed"] for hour in hours) == 5 and len(hours) <= 2
    assert all(hour["run_ms"].keys() == {"avg", "p50", "p95", "p99", "max"} for hour in hours)
    assert len(hours) == 2 or hours[0]["success_percent"] == 50


def test_by_the_hour(scheduler, clock):
    s = scheduler("", env=clock.env)
    # From the middle of an hour on, so that none is full before it is meant to be.
    middle = int((HOUR * 3 / 2 - time.time() % HOUR) % HOUR)
    for hour in range(3):
        set_clock(s, clock, middle + hour * HOUR)
        with s.wire() as wire, s.worker(wid=f"w{hour}", labels=["test"]) as worker:
            for number in range(hour + 1):
                push(wire, 10 * hour + number, custom={"tags": ["method:email", "urgent"] if number == 0 else ["method:sms"]})
                do(worker, number < 2)
    for query in {"by": "type"}, {"by": "all"}, {"by": "queue"}:
        (group,) = groups(s, **query, by_hour=True).values()
        assert [(one["total"], one["failed"]) for one in group["hours"]] == [(1, 0), (2, 0), (3, 1)], query
        assert (group["total"], group["failed"]) == (6, 1)
        begins = [datetime.fromisoformat(one["at"]) for one in group["hours"]]
        assert begins[0].minute == begins[0].second == 0 and begins[2] - begins[0] == timedelta(hours=2)
    found = groups(s, by="tag", by_hour=True)
    assert {name: [one["total"] for one in group["hours"]] for name, group in found.items()} == {
        "method:email": [1, 1, 1], "method:sms": [1, 2], "urgent": [1, 1, 1]}
    # One tag, in one group or in those of another kind.
    (group,) = groups(s, tag="method:sms", by_hour=True).values()
    assert group["name"] == "method:sms" and [one["total"] for one in group["hours"]] == [1, 2]
    assert groups(s, tag="method:sms", by="type")["work"]["total"] == 3
    assert groups(s, by="all", hours=1, by_hour=True)["all"]["total"] == 3


def test_what_is_overdue_is_counted_to_the_last(scheduler, clock):
    s = scheduler("", env=clock.env)
    with s.wire() as wire:
        for begin in range(0, 900, 300):
            wire.request("PUSHB " + json.dumps([{"jid": f"job-{number:05}", "jobtype": "slow" if number % 3 else "quick", "args": []} for number in range(begin, begin + 300)]))
        assert sum(one["overdue"] for one in groups(s, by="type").values()) == 0
        set_clock(s, clock, 120)
        push(wire, 9000, jobtype="slow")
        found = groups(s, by="type")
        assert {name: (one["overdue"], one["overdue_is_least"]) for name, one in found.items()} == {"quick": (300, False), "slow": (600, False)}
        # Of very many the oldest are counted, and it is said.
        wire.request("PUSHB " + json.dumps([{"jid": f"more-{number:05}", "jobtype": "slow", "args": []} for number in range(900)]))
        set_clock(s, clock, 240)
        found = groups(s, by="all")["all"]
        assert (found["overdue"], found["overdue_is_least"]) == (1000, True)


def test_figures_by_tag_say_how_far_they_reach(scheduler, clock):
    s = scheduler("", env=clock.env)
    with s.wire() as wire, s.worker(wid="w1", labels=["test"]) as worker:
        push(wire, 1, custom={"tags": ["x"]})
        do(worker, True)
        found = groups(s, by="tag")["x"]
        assert (found["total"], found["complete"]) == (1, True) and "jobs_since" not in found
        set_clock(s, clock, 60)
        later = {"args": [], "at": "2099-01-01T00:00:00Z", "custom": {"tags": ["x"]}}
        for begin in range(0, 10000, 500):
            wire.request("PUSHB " + json.dumps([{"jid": f"many-{number:05}", "jobtype": "ab"[number % 2], **later} for number in range(begin, begin + 500)]))
        # What was never begun counts for nothing, but it has to be looked at.
        wire.request('MUTATE {"cmd":"kill","target":"scheduled"}')
        found = groups(s, tag="x")["x"]
        assert (found["total"], found["complete"]) == (0, False)
        assert found["jobs_since"] == wire.request("JOB many-00000")["created_at"]
        # What was counted when it happened is complete.
        assert groups(s, by="type")["work"]["total"] == 1 and groups(s, by="type")["work"]["complete"] is True


@pytest.mark.parametrize("query", ['{}', '{"by":"moon"}', '{"by":"type","hours":0}', '{"by":"type","hours":745}', '{"by":"type","hours":9223372036854775807}', '{"by":7}', '{"by":"type","for":1}'])
def test_what_can_not_be_asked_is_refused(scheduler, query):
    s = scheduler("")
    with s.wire() as wire, pytest.raises(WireError):
        wire.request("GROUPS " + query)
