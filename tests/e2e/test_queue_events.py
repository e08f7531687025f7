"""The queue's events: jobs and circuit breakers, on the socket and with jobctl."""

import contextlib
import json
import os
import subprocess

from jobd_fixture import build_dir


def breaker(wire, state, **more):
    assert wire.request("BREAKER " + json.dumps({"target": "http://127.0.0.1:8000", "state": state, **more})) == "OK"


@contextlib.contextmanager
def followed(one, *words):
    """The lines that `jobctl events` prints."""
    command = [str(build_dir() / "src/jobctl/jobctl"), "events", "--queue", *words]
    env = {**os.environ, "JOBD_RUN_DIR": str(one.dir), "TZ": "UTC"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout
        process.kill()


def test_a_breaker_that_changes_is_an_event(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    assert wire.request("EVENTS") == "OK"
    breaker(other, "closed")  # as everybody thought
    breaker(other, "open", failures=5)
    breaker(other, "open", failures=6)
    breaker(other, "half-open")
    breaker(other, "closed")
    seen = [wire.reply() for _ in range(3)]
    assert [(event["from"], event["to"], event["reason"]) for event in seen] == [
        ("closed", "open", "5 failures"),
        ("open", "half-open", None),
        ("half-open", "closed", None),
    ]
    assert {(event["kind"], event["name"], event["jid"], event["type"]) for event in seen} == {
        ("breaker", "http://127.0.0.1:8000", None, None)
    }
    assert [event["seq"] for event in seen] == [1, 2, 3]


def test_jobctl_follows_the_queue(scheduler):
    one = scheduler()
    wire = one.wire()
    breaker(wire, "open", failures=5)
    with followed(one, "--since", "0") as lines:
        assert lines.readline().split(" ", 2)[2] == "breaker http://127.0.0.1:8000 closed -> open (5 failures)\n"
        wire.request('PUSH {"jid":"jid-00000001","jobtype":"Resize","args":[],"queue":"images"}')
        assert lines.readline().split(" ", 2)[2] == "Resize jid-00000001 new -> ready in images\n"
        wire.request("CANCEL jid-00000001")
        assert lines.readline().startswith("3 ")
    with followed(one, "--since", "2", "--json") as lines:
        event = json.loads(lines.readline())
        assert (event["kind"], event["jid"], event["to"]) == ("job", "jid-00000001", "cancelled") and "name" not in event
