"""Who changed what: the record that the scheduler keeps, of its own verbs and of what was asked of jobd."""

import json

import pytest

from jobd_fixture import wait_for
from wire import WireClosed, WireError

JOBS = """
program steady { command = "@PROGRAMS@/polite" }
job hello { command = "true"
  schedule = "every day at 3am" }
"""


def audit(wire, **query):
    return wire.request("AUDITS " + json.dumps(query))


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


def test_changes_are_on_record_with_who_and_what(scheduler):
    s = scheduler(JOBS)
    with s.wire() as wire:
        wire.request('PUSH {"jid":"job-0001","jobtype":"w","args":["secret"]}')
        assert audit(wire) == []
        wire.request("CANCEL job-0001")
        wire.request("PAUSE hello")
        refused(wire, 'CHANGE {"jid":"job-0001","priority":9}')
        wire.request('RUN {"job":"hello","args":[{"password":"secret"}]}')
        wire.request("QUEUE PAUSE default")
        wire.request("QUEUE LATENCY default")
        found = audit(wire)
    lines = [(one["who"], one["verb"], one["object"], one["result"].split()[0]) for one in found]
    assert lines == [
        (found[0]["who"], "QUEUE PAUSE", "default", "ok"),
        (found[0]["who"], "RUN", "job=hello", "ok"),
        (found[0]["who"], "CHANGE", "jid=job-0001 priority=9", "ERR"),
        (found[0]["who"], "PAUSE", "hello", "ok"),
        (found[0]["who"], "CANCEL", "job-0001", "ok"),
    ]
    assert found[0]["who"] == f"uid {found[0]['uid']}" and found[0]["from"] == "local"
    assert "secret" not in json.dumps(found)


def test_for_whom_is_told_for_one_request(scheduler):
    s = scheduler(JOBS)
    with s.wire() as wire:
        for jid in "job-0001", "job-0002", "job-0003":
            assert wire.request('AS {"who":"ann","from":"192.0.2.7"}') == "OK"
            wire.request(json.dumps({"jid": jid, "jobtype": "mail", "args": []}).join(["PUSH ", ""]))
        wire.request("CANCEL job-0001")
        found = audit(wire)
    assert [(one["who"], one["from"], one["verb"], one["count"]) for one in found[1:]] == [("ann", "192.0.2.7", "PUSH", 3)]
    assert found[0]["who"].startswith("uid ") and found[0]["verb"] == "CANCEL"


def test_a_bad_name_is_not_nobody(scheduler):
    s = scheduler(JOBS)
    with s.wire() as wire:
        assert "quotes" in str(refused(wire, 'AS {"who":"a b"}'))
        with pytest.raises((WireClosed, ConnectionError)):
            wire.request("CANCEL job-0001")
    with s.wire() as wire:
        assert audit(wire) == []


def test_it_outlives_kill_and_pages_go_back(scheduler):
    s = scheduler("scheduler { audit_keep = 40 }\n" + JOBS)
    with s.wire() as wire:
        for number in range(100):
            refused(wire, f"DELETE job-{number:04}")
    s.restart()
    with s.wire() as wire:
        first = audit(wire, limit=10)
        assert first[0]["object"] == "job-0099" and len(first) == 10
        second = audit(wire, limit=10, before=first[-1]["id"])
        assert second[0]["object"] == "job-0089"
        assert len(audit(wire, limit=1000)) < 100
        wire.request('AUDIT {"verb":"STOP","object":"web","result":"ok"}')
        assert audit(wire, verb="STOP")[0]["object"] == "web"
        assert audit(wire, who="nobody") == []


def test_jobctl_puts_programs_on_record(jobd):
    daemon = jobd(JOBS)
    daemon.wait_state("steady", "RUNNING")
    daemon.ctl("restart", "steady")
    daemon.ctl("pause", "hello")
    found = daemon.json("audit")["audit"]
    assert [(one["verb"], one["object"], one["result"]) for one in found] == [("PAUSE", "hello", "ok"), ("RESTART", "steady", "ok")]
    assert "uid 0" in daemon.ctl("audit", "-n", "1").stdout or found[0]["uid"] != 0
    wait_for(lambda: "asks for RESTART steady" in daemon.errors(), "jobd's own log")
