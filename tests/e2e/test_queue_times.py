"""When jobs run: to the millisecond at their time, and no more of a queue at once than it may have."""

import json
import time
from datetime import datetime, timedelta, timezone

from jobd_fixture import wait_for
from wire import Wire


def push_at(wire, number, at):
    job = {"jid": f"jid-{number:08}", "jobtype": "Remind", "args": [number], "at": at.isoformat()}
    assert wire.request("PUSH " + json.dumps(job)) == "OK"


def microseconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6


def test_delayed_jobs_have_a_timer_to_the_millisecond(scheduler):
    """Not the next look of a scan: the scheduler sleeps until the first of them is due, and no longer."""
    one = scheduler()
    wire = one.wire()
    now = datetime.now(timezone.utc)
    for number, seconds in enumerate((50.123, 70.007, 40.456)):
        at = now + timedelta(seconds=seconds)
        push_at(wire, number, at)
        first = min(at, first) if number else at
        # What else is to be done comes within a second: what was counted is written.
        wait_for(lambda: one.sleeps_ms() > 10_000, lambda: f"it to sleep longer than {one.sleeps_ms()} ms")
        earliest = time.time() * 1000 + one.sleeps_ms()
        latest = one.sleeps_ms() + time.time() * 1000
        assert earliest - 2 <= first.timestamp() * 1000 <= latest + 2


def test_delayed_jobs_come_in_the_order_of_their_times(scheduler):
    """A worker that waits gets each when it is due, none before."""
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    begin = datetime.now(timezone.utc) + timedelta(seconds=1)
    times = [begin + timedelta(milliseconds=ms) for ms in (37, 0, 411, 203, 38, 650)]
    for number, at in enumerate(times):
        push_at(wire, number, at)
    late = []
    for number in sorted(range(len(times)), key=times.__getitem__):
        while (job := worker.request("FETCH default")) is None:
            pass
        assert job["args"] == [number]
        assert microseconds(job["enqueued_at"]) >= times[number].timestamp() * 1e6
        late.append((time.time() - times[number].timestamp()) * 1000)
    print(f"late by at most {max(late):.1f} ms")


def test_slots_follow_the_queues_concurrency(jobd):
    """The runner has room for ten: of one queue two run at a time, and another queue is not held up."""
    daemon = jobd("""
runner { concurrency = 10 }
queue mailers { concurrency = 2 }
job letter { command = "sleep 0.3" queue = mailers }
job other { command = "true" }
""")
    events = Wire(daemon.run_dir / "queue.sock", hello=False)
    wire = Wire(daemon.run_dir / "queue.sock", hello=False)
    for one in (events, wire):
        assert one.reply().startswith("HI ")
        assert one.request('HELLO {"v":2}') == "OK"
    assert events.request("EVENTS") == "OK"
    letters = [{"jid": f"jid-letter-{number}", "jobtype": "letter", "args": []} for number in range(6)]
    assert wire.request("PUSHB " + json.dumps([*letters, {"jid": "jid-other-1", "jobtype": "other", "args": []}])) == {}
    running, most, done = 0, 0, []
    while len(done) < 7:
        event = events.reply()
        if event["to"] == "done":
            done.append(event["type"])
        if event["type"] == "letter":
            running += (event["to"] == "running") - (event["from"] == "running")
            most = max(most, running)
    assert most == 2 and done.index("other") < 2
    for one in (events, wire):
        one.close()
