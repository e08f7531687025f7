"""What alerts measure, in the real jobd-scheduler."""

import contextlib
import time

import pytest

from alerts_alone import TELL, alerts, push, told, wait_told
from jobd_fixture import WireError, build_dir, wait_for


def test_the_oldest_comes_true_by_itself_and_nothing_wakes_up_before(scheduler):
    one = scheduler(TELL + 'alert slow { when = "oldest_waiting queue=mailers > 1s" }')
    push(one, "waits-000001", queue="mailers")
    push(one, "other-000001", queue="other")
    wait_for(lambda: alerts(one)["slow"]["value"] is not None, "a look")
    with contextlib.closing(one.wire()) as wire:
        # From the beginning: the second may be over.
        wire.request("EVENTS since=0")
        event = wire.reply()
        while event["kind"] != "alert":
            event = wire.reply()
        assert (event["name"], event["from"], event["to"]) == ("slow", "ok", "firing")
        assert "how long the first job waits" in event["reason"]
    assert wait_told(one, 1)[0]["value"] > 1000
    one.request("DELETE waits-000001")
    assert wait_told(one, 2)[1]["state"] == "resolved"


def test_a_breaker_is_told_at_once(scheduler):
    one = scheduler(TELL)
    one.request('BREAKER {"target":"https://down.example","state":"open","failures":5}')
    (first,) = wait_told(one, 1)
    assert first["alert"] == "breaker" and "https://down.example" in first["text"]
    assert alerts(one)["breaker"]["detail"] == "https://down.example"
    one.request('BREAKER {"target":"https://down.example","state":"closed"}')
    assert wait_told(one, 2)[1]["state"] == "resolved"


def test_a_restart_does_not_forget_a_breaker(scheduler):
    """The runner tells of it again in a moment."""
    one = scheduler(TELL)
    one.request('BREAKER {"target":"t","state":"open"}')
    wait_told(one, 1)
    one.restart()
    push(one, "change-00001")
    assert alerts(one)["breaker"]["state"] == "firing" and len(told(one)) == 1
    one.request('BREAKER {"target":"t","state":"open"}')
    wait_for(lambda: alerts(one)["breaker"]["value"] == 1, "a look")
    assert len(told(one)) == 1


@pytest.mark.skipif(not (build_dir() / "src/jobd-outbox/jobd-outbox").exists(), reason="built without PostgreSQL")
def test_an_outbox_in_trouble(scheduler):
    """Nothing is said, neither good nor bad, of one that nobody has told of, as after a restart."""
    outboxes = "".join(f'outbox {name} {{ database = "postgresql:///app" }}\n' for name in ("billing", "orders"))
    one = scheduler(TELL + outboxes + 'alert rows { when = "outbox" }')

    def states():
        return [(found["name"], found["state"], found["trouble"]) for found in one.request("OUTBOXES")]

    assert states() == [("billing", "unknown", None), ("orders", "unknown", None)]
    teller, follower = one.wire(), one.wire()
    with contextlib.closing(follower):
        follower.request("EVENTS since=0")
        assert teller.request('OUTBOX {"name":"billing","trouble":"Connection refused"}') == "OK"
        event = follower.reply()
        assert [event[key] for key in ("kind", "name", "from", "to", "reason")] == ["outbox", "billing", "unknown", "trouble", "Connection refused"]
    (first,) = wait_told(one, 1)
    assert first["alert"] == "rows" and "1 outbox is in trouble" in first["text"] and "billing" in first["text"]
    assert states()[0] == ("billing", "trouble", "Connection refused")
    # What a connection told is not known any more when it is gone, and that is not taken for better.
    teller.close()
    wait_for(lambda: states()[0][1] == "unknown", states)
    one.restart()
    push(one, "change-00001")
    assert alerts(one)["rows"]["state"] == "firing" and len(told(one)) == 1
    with contextlib.closing(one.wire()) as again:
        for name in ("billing", "orders", "somebody's"):
            assert again.request(f'OUTBOX {{"name":"{name}"}}') == "OK"
        assert wait_told(one, 2)[1]["state"] == "resolved"
        assert states() == [("billing", "connected", None), ("orders", "connected", None)]
        for bad in ('{"name":""}', '{"name":"billing","trouble":1}', '{"nam":"billing"}', "{}"):
            with pytest.raises(WireError):
                again.request(f"OUTBOX {bad}")


def test_a_program_that_was_given_up(scheduler):
    one = scheduler(TELL + 'program web { command = x }\nalert given_up { when = "program" }')
    one.control.wait_follower()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    one.control.event(seq=1, at=now, program="web", name="web", **{"from": "BACKOFF"}, to="FATAL")
    assert "web" in wait_told(one, 1)[0]["text"]
    one.control.event(seq=2, at=now, program="web", name="web", **{"from": "FATAL"}, to="STARTING")
    assert wait_told(one, 2)[1]["state"] == "resolved"


def test_history_is_no_news(scheduler):
    one = scheduler(TELL + 'program web { command = x }\nalert given_up { when = "program" }', start=False)
    one.control.event(seq=1, at="2020-01-01T00:00:00Z", program="web", name="web", **{"from": "BACKOFF"}, to="FATAL")
    one.start()
    one.control.wait_follower()
    wait_for(lambda: alerts(one)["given_up"]["value"] == 0, lambda: alerts(one))
    assert told(one) == []


def test_too_many_failures(scheduler):
    one = scheduler(TELL + 'alert rate { when = "failure_rate type=work least=4 over=1min > 50%" }')
    worker = one.worker("w-1", labels=())
    for i in range(6):
        push(one, f"fails-00000{i}", retry=0)
        worker.request("FETCH default")
        if i < 2:
            worker.request(f'ACK {{"jid":"fails-00000{i}"}}')
        else:
            worker.request(f'FAIL {{"jid":"fails-00000{i}","errtype":"E","message":"m"}}')
    (first,) = wait_told(one, 1)
    assert first["alert"] == "rate" and first["value"] > 50 and "of the attempts failed in the last 1min" in first["text"]


def test_missed_times_of_a_schedule(scheduler):
    one = scheduler(TELL + 'job often { schedule = "every second" command = x }\nalert miss { when = "missed type=often" }')
    (first,) = [wait_for(lambda: told(one), "a missed time")[0]]
    assert first["alert"] == "miss" and first["value"] > 0


def test_a_disk_that_fills(scheduler):
    one = scheduler(TELL + 'alert disk { when = "disk < 100%" }\nalert space { when = "disk < 1" }')
    (first,) = wait_told(one, 1)
    assert first["alert"] == "disk" and first["value"] < 100
    assert alerts(one)["space"]["value"] > 1 and alerts(one)["space"]["unit"] == "bytes"
