"""What the section of a type says about jobs that workers in other languages do."""

import json

import pytest
from wire import WireError

TYPES = """
job thumbnail { queue = images retries = 3 timeout = 5min priority = 7 }
job plain { }
job once { retries = 0 }
job script { command = "false" }
job call { post = "http://127.0.0.1:1/" }
job sync { concurrency = 1 concurrency_key = "account-{{0}}" }
job digest { unique_for = 1h unique_key = "{{1}}" }
"""


def push(wire, jid, jobtype, **fields):
    return wire.request("PUSH " + json.dumps({"jid": jid, "jobtype": jobtype, "args": [], **fields}))


def fail(worker, queue):
    job = worker.request(f"FETCH {queue}")
    assert worker.request("FAIL " + json.dumps({"jid": job["jid"], "errtype": "E", "message": "no"})) == "OK"
    return job


def limits(one, jid):
    return one.sql("SELECT retries, reserve_ms FROM job WHERE jid = ?", jid)[0]


def test_the_section_says_what_the_client_does_not(scheduler):
    one = scheduler(TYPES)
    wire, worker = one.wire(), one.worker("w1", labels=[])
    push(wire, "jid-silent", "thumbnail")
    silent = one.job("jid-silent")
    assert (silent["queue"], silent["priority"]) == ("images", 7)
    fail(worker, "images")
    assert one.job("jid-silent")["state"] == "retry" and limits(one, "jid-silent") == (3, 300_000)
    push(wire, "jid-spoken", "thumbnail", queue="other", retry=1, reserve_for=120, priority=2)
    assert fail(worker, "other")["priority"] == 2
    assert limits(one, "jid-spoken") == (1, 120_000)
    push(wire, "jid-once-1", "once")
    fail(worker, "default")
    assert one.job("jid-once-1")["state"] == "dead"


@pytest.mark.parametrize("jobtype, retries", [("plain", 25), ("other", 25), ("call", 25), ("script", -1), ("once", -1)])
def test_what_nobody_says_of_retries(scheduler, jobtype, retries):
    """Faktory's 25, with a section or without one; a command is run once."""
    one = scheduler(TYPES)
    if jobtype != "other":
        assert limits(one, one.request(f'RUN {{"job":"{jobtype}"}}')["jid"])[0] == retries
    push(one.wire(), "jid-1-of-type", jobtype)
    assert limits(one, "jid-1-of-type")[0] == retries


def test_keys_may_be_made_of_arguments(scheduler):
    one = scheduler(TYPES)
    wire, worker = one.wire(), one.worker("w1", labels=[])
    for number, account in enumerate([7, 7, 8]):
        push(wire, f"jid-sync-{number}", "sync", args=[account, number])
    assert worker.request("FETCH default")["args"] == [7, 0]
    assert worker.request("FETCH default")["args"] == [8, 2]
    assert one.job("jid-sync-1")["state"] == "blocked"
    push(wire, "jid-digest-1", "digest", args=[1, "ada"])
    push(wire, "jid-digest-2", "digest", args=[1, "bob"])
    with pytest.raises(WireError, match="^NOTUNIQUE "):
        push(wire, "jid-digest-3", "digest", args=[2, "ada"])
