"""What decides about jobs, through the socket: limits, keys, links and batches, over restarts and kills."""

import json
import select
import time

import pytest
from jobd_fixture import wait_for
from wire import Wire, WireError


def jid(number):
    return f"jid-{number:08}"


def push(wire, number, **more):
    job = {"jid": jid(number), "jobtype": "Resize", "args": [], **more}
    return wire.request("PUSH " + json.dumps(job))


def worker(one, wid="w1"):
    wire = Wire(one.socket_path, hello=False)
    assert wire.reply().startswith("HI ")
    assert wire.request("HELLO " + json.dumps({"v": 2, "wid": wid})) == "OK"
    return wire


def fetch(wire, *queues):
    wire.send("FETCH " + " ".join(queues or ["default"]))
    got = wire.reply()
    return got["jid"] if got else None


def has_come(wire):
    return bool(select.select([wire.socket], [], [], 0)[0])


def ack(wire, number):
    return wire.request("ACK " + json.dumps({"jid": jid(number)}))


def state(one, number):
    return one.job(jid(number))["state"]


def test_a_fetch_that_waits_for_a_rate_is_answered_when_the_token_comes(scheduler):
    one = scheduler('queue default { rate = "2/s" }')
    wire, works = one.wire(), worker(one)
    for number in range(4):
        push(wire, number)
    begin = time.monotonic()
    assert [fetch(works) for _ in range(2)] == [jid(0), jid(1)]
    # Two at once, then one after half a second each: for that it sleeps, and not for what a FETCH waits.
    for number in (2, 3):
        works.send("FETCH default")
        wait_for(lambda: has_come(works) or 0 < one.sleeps_ms() <= 500, lambda: f"it to sleep no longer than {one.sleeps_ms()} ms")
        assert works.reply()["jid"] == jid(number)
    assert time.monotonic() - begin > 0.95


def test_a_fetch_that_waits_for_a_place_is_answered_when_one_ends(scheduler):
    one = scheduler("queue default { concurrency = 1 }")
    wire, first, second = one.wire(), worker(one, "w1"), worker(one, "w2")
    push(wire, 1)
    push(wire, 2)
    assert fetch(first) == jid(1)
    second.send("FETCH default")
    assert ack(first, 1) == "OK"
    begin = time.monotonic()
    assert second.reply()["jid"] == jid(2)
    assert time.monotonic() - begin < 1


def test_keys_and_gates_outlive_a_kill(scheduler):
    one = scheduler()
    wire = one.wire()
    push(wire, 1, custom={"concurrency_key": "account 7", "unique_for": 600})
    push(wire, 2, custom={"concurrency_key": "account 7", "unique_key": "other", "unique_for": 600})
    push(wire, 3, custom={"after": [jid(2)], "tags": ["later"]})
    assert fetch(worker(one)) == jid(1)
    one.restart()
    wire, works = one.wire(), worker(one)
    assert [state(one, n) for n in (1, 2, 3)] == ["running", "blocked", "blocked"]
    with pytest.raises(WireError) as error:
        push(wire, 4, custom={"unique_for": 600})
    assert "NOTUNIQUE" in str(error.value)
    assert ack(works, 1) == "OK"
    assert fetch(works) == jid(2)
    one.restart()
    works = worker(one)
    assert ack(works, 2) == "OK"
    assert fetch(works) == jid(3)
    assert ack(works, 3) == "OK"
    assert [state(one, n) for n in (1, 2, 3)] == ["done", "done", "done"]


def test_trees_and_batches_outlive_a_kill(scheduler):
    one = scheduler()
    wire, works = one.wire(), worker(one)
    call = {"jid": "callback-1", "jobtype": "Call", "args": []}
    bid = wire.request("BATCH NEW " + json.dumps({"success": call})).decode()
    push(wire, 1, custom={"bid": bid})
    assert fetch(works) == jid(1)
    push(wire, 2, custom={"parent": jid(1)})
    assert wire.request(f"BATCH COMMIT {bid}") == "OK"
    assert ack(works, 1) == "OK"
    assert state(one, 1) == "blocked"
    one.restart()
    works = worker(one)
    assert fetch(works) == jid(2)
    one.restart()
    works = worker(one)
    assert ack(works, 2) == "OK"
    assert state(one, 1) == "done"
    assert fetch(works) == "callback-1"


def test_what_expires_while_nobody_asks_is_cancelled(scheduler):
    one = scheduler()
    wire = one.wire()
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    push(wire, 1, custom={"expires_at": soon})
    done = wire.request(f"WAIT {jid(1)}")
    assert (done["state"], done["reason"]) == ("cancelled", "expired")


def test_limits_at_run_time_outlive_a_restart(scheduler):
    one = scheduler()
    wire = one.wire()
    assert wire.request('LIMIT {"queue":"default","concurrency":1,"weight":3}') == "OK"
    push(wire, 1)
    push(wire, 2)
    one.restart()
    works, other = worker(one), worker(one, "w2")
    assert fetch(works) == jid(1)
    (queue,) = one.wire().request("QUEUES default")
    assert (queue["concurrency"], queue["weight"], queue["running"]) == (1, 3, 1)
    other.send("FETCH default")
    assert one.wire().request('LIMIT {"queue":"default","concurrency":null}') == "OK"
    assert other.reply()["jid"] == jid(2)


def test_many_schedules_of_users_are_done_once_each(scheduler):
    one = scheduler()
    wire = one.wire()
    count = 2000
    for number in range(count):
        wire.send("SCHEDULE SET " + json.dumps({"name": f"user-{number}", "job": "Digest", "schedule": "@every 2s"}))
    for number in range(count):
        wire.reply()
    deadline = time.monotonic() + 60
    while True:
        counts = wire.request('COUNT {"type":"Digest"}')
        if counts["count"] >= count or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    jobs = wire.request('JOBS {"type":"Digest","limit":10000}')
    due = [job["due_at"] for job in jobs]
    assert len(jobs) >= count and all(due)
    assert max(due.count(when) for when in set(due)) <= count
