"""WHY: what keeps a job from running, as a person would say it."""

import json
import time

import pytest
from jobd_fixture import wait_for
from wire import WireError


def jid(number):
    return f"jid-{number:08}"


def push(wire, number, **more):
    return wire.request("PUSH " + json.dumps({"jid": jid(number), "jobtype": "Resize", "args": [], **more}))


def soon(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_why_says_what_keeps_a_job(scheduler):
    one = scheduler("queue narrow { concurrency = 1 }\n")
    wire, worker = one.wire(), one.worker("w1", labels=[])

    def why(number):
        said = wire.request(f"WHY {jid(number)}")
        assert said["jid"] == jid(number) and all(because["text"] for because in said["because"])
        return [because["what"] for because in said["because"]]

    push(wire, 1)
    assert why(1) == ["no_worker"]
    assert worker.request("FETCH default narrow")["jid"] == jid(1)
    assert why(1) == []
    push(wire, 2)
    assert why(2) == ["behind"]
    wire.request("QUEUE PAUSE default")
    assert "paused" in why(2)
    push(wire, 3, at=soon(3600))
    assert why(3) == ["scheduled"]
    push(wire, 4, queue="narrow")
    push(wire, 5, queue="narrow")
    assert worker.request("FETCH narrow")["jid"] == jid(4)
    assert "concurrency" in why(5)
    push(wire, 6, queue="q", custom={"after": [jid(3)]})
    assert why(6) == ["after"]
    push(wire, 7, queue="away")
    assert worker.request("FETCH away")["jid"] == jid(7)
    back = {"jid": jid(7), "delay_ms": 3600000, "reason": "breaker of http://away.test is open"}
    worker.request("RETURN " + json.dumps(back))
    assert why(7) == ["scheduled", "breaker"]
    with pytest.raises(WireError, match="Job not found"):
        wire.request("WHY no-such-job")


def test_a_job_without_a_worker_says_so(scheduler):
    """Whatever else holds it back, and also where jobd-runner asks: it does not know the type."""
    one = scheduler()
    wire = one.wire()

    def why():
        return {because["what"]: because["text"] for because in wire.request(f"WHY {jid(2)}")["because"]}

    push(wire, 1)
    push(wire, 2)
    wire.request("QUEUE PAUSE default")
    assert list(why()) == ["paused", "behind", "no_worker"]
    one.worker("runner-1").send("TAKE free=1 default")
    wait_for(lambda: "jobd-runner" in why()["no_worker"], "the runner")
    assert "the type Resize has no command" in why()["no_worker"]
    one.worker("w1", labels=[]).send("FETCH default")
    wait_for(lambda: "no_worker" not in why(), "a worker")


def test_what_has_ended_says_how(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    push(wire, 1, retry=-1)
    push(wire, 2)
    worker.request("FETCH default")
    worker.request("FAIL " + json.dumps({"jid": jid(1), "errtype": "E", "message": 'no "user" 7'}))
    wire.request(f"CANCEL {jid(2)}")
    (dead,) = wire.request(f"WHY {jid(1)}")["because"]
    assert dead == {"what": "ended", "text": 'failed 1 time, and is not tried again: no "user" 7'}
    assert wire.request(f"WHY {jid(2)}")["because"] == [{"what": "ended", "text": "cancelled"}]
    push(wire, 3)
    worker.request("FETCH default")
    worker.request("ACK " + json.dumps({"jid": jid(3)}))
    assert wire.request(f"WHY {jid(3)}")["because"] == []
