"""Alerts: when they are told, in the real jobd-scheduler, and what comes of them by mail and HTTP."""

import json
import time

import pytest
from alerts_alone import TELL, alerts, bury, push, told, wait_told
from http_server import HttpServer, answer
from idle import wait_asleep
from jobd_fixture import STRETCH, wait_for
from smtp_server import SmtpServer


def test_the_defaults_are_there_with_a_job(scheduler):
    one = scheduler(TELL)
    found = alerts(one)
    assert {name: alert["when"] for name, alert in found.items()} == {
        "dead": "dead > 100", "waiting": "waiting > 1000", "breaker": "breaker > 0",
    }  # fmt: skip
    assert all(alert["state"] == "ok" and alert["value"] == 0 for alert in found.values())
    assert alerts(scheduler("job ops { }")) == {}
    assert alerts(scheduler("job ops { }\nalerts { job = ops defaults = false }")) == {}
    own = scheduler(TELL + 'alert dead { when = "dead > 1" }\nalert waiting { enabled = false when = "waiting > 1" }')
    assert {name: alert["when"] for name, alert in alerts(own).items()} == {"dead": "dead > 1", "breaker": "breaker > 0"}


def test_a_hundred_dead_jobs_are_none_and_one_more_is_told_once(scheduler):
    one = scheduler(TELL)
    bury(one, 100)
    wait_for(lambda: alerts(one)["dead"]["value"] == 100, "a look")
    assert alerts(one)["dead"]["state"] == "ok" and told(one) == []
    bury(one, 1, "more")
    (first,) = wait_told(one, 1)
    assert (first["alert"], first["state"], first["value"], first["threshold"]) == ("dead", "firing", 101, 100)
    assert first["when"] == "dead > 100" and "101 dead jobs, more than 100" in first["text"]
    assert first["since"] == alerts(one)["dead"]["since"]
    bury(one, 5, "still")
    wait_for(lambda: alerts(one)["dead"]["value"] == 106, "another look")
    assert len(told(one)) == 1
    one.restart()
    assert alerts(one)["dead"]["state"] == "firing" and len(told(one)) == 1
    one.request('BULK {"do":"delete","filter":{"state":"dead"}}')
    _, second = wait_told(one, 2)
    assert (second["state"], second["value"]) == ("resolved", 0) and "no longer more than 100" in second["text"]
    assert second["since"] == first["since"]
    assert alerts(one)["dead"]["state"] == "ok" and alerts(one)["dead"]["since"] is None
    one.restart()
    assert len(told(one)) == 2 and alerts(one)["dead"]["fired"] == 1


@pytest.mark.parametrize("request_", ["DELETE dead-000000", 'BULK {"do":"delete","filter":{}}', "FLUSH"])
def test_what_is_deleted_while_nothing_else_happens_is_seen(scheduler, request_):
    one = scheduler(TELL + 'alert some { when = "dead > 0" }')
    bury(one, 1)
    assert wait_told(one, 1)[0]["alert"] == "some"
    wait_asleep(one.process.pid, 10_000)
    one.request(request_)
    wait_for(lambda: alerts(one)["some"]["state"] == "ok", lambda: alerts(one))
    assert told(one)[-1]["state"] == "resolved"


def test_it_must_hold_for_its_time_and_is_told_when_that_is_over(scheduler):
    one = scheduler(TELL + 'alert few { when = "retry type=flaky > 0" for = 1s }')
    worker = one.worker("w-1", labels=())
    push(one, "flaky-000001", jobtype="flaky", retry=5)
    worker.request("FETCH default")
    began = time.monotonic()
    worker.request('FAIL {"jid":"flaky-000001","errtype":"E","message":"m"}')
    since = wait_for(lambda: alerts(one)["few"]["since"], lambda: alerts(one))
    one.restart()
    # The second goes on, and may be over already.
    assert alerts(one)["few"]["state"] in ("pending", "firing") and alerts(one)["few"]["since"] == since
    (first,) = wait_told(one, 1)
    assert 0.9 < time.monotonic() - began < 6 * STRETCH and first["alert"] == "few" and first["since"] == since
    one.request("CANCEL flaky-000001")
    assert wait_told(one, 2)[1]["state"] == "resolved"


def test_it_is_told_again_while_it_goes_on(scheduler):
    one = scheduler(TELL + 'alert again { when = "dead > 0" repeat = 1s }')
    bury(one, 1)
    wait_for(lambda: len(told(one)) >= 2, "it to be told again")
    assert {found["state"] for found in told(one)} == {"firing"} and alerts(one)["again"]["fired"] == 1


def test_idle_means_asleep(scheduler):
    """One more look after the last change, then nothing."""
    one = scheduler(TELL + 'alert slow { when = "oldest_waiting > 1h" }\nalert rate { when = "failure_rate > 1%" }')
    worker = one.worker("w-1", labels=())
    push(one, "waits-000001")
    worker.request("FETCH default")
    worker.request('FAIL {"jid":"waits-000001","errtype":"E","message":"m"}')
    worker.close()
    # The retry is due after fifteen seconds at the earliest.
    wait_asleep(one.process.pid, 10_000)


def test_a_reload_keeps_what_goes_on_and_drops_what_is_gone(scheduler):
    one = scheduler(TELL + 'alert one { when = "dead > 0" }\nalert two { when = "dead > 0" }')
    bury(one, 1)
    wait_told(one, 2)
    one.reload(TELL + 'alert two { when = "dead > 0" repeat = 1h }')
    wait_for(lambda: "one" not in alerts(one), "the reload")
    assert alerts(one)["two"]["state"] == "firing" and alerts(one)["two"]["repeat_ms"] == 3600000
    assert len(told(one)) == 2
    assert [row[0] for row in one.sql("SELECT key FROM note WHERE key LIKE 'alert/%'")] == ["alert/two"]
    one.reload(TELL + 'alert two { when = "dead > 5" }')
    assert wait_told(one, 3)[2]["state"] == "resolved"


@pytest.fixture
def receiver():
    with HttpServer({"/hook": answer(200)}) as server:
        yield server


def test_by_mail_and_by_http_with_a_server_that_was_down(jobd, receiver):
    """The first attempts fail; the job is tried again, also over a restart of the scheduler."""
    receiver.paths["/hook"] = answer(503)
    with SmtpServer() as mail:
        daemon = jobd(f"""
smtp {{ url = "{mail.url}" from = "jobd@example.org" }}
job ops_mail {{ retries = 5 retry_delay = 1s
  mail {{ to = "ops@example.org" subject = "[jobd] {{{{alert}}}} is {{{{state}}}}" text = "{{{{text}}}}" }} }}
job hook {{ retries = 50 retry_delay = 200ms post = "{receiver.url}/hook" }}
alerts {{ job = ops_mail defaults = false }}
alert some {{ when = "dead > 0" }}
alert same {{ when = "dead type=bad > 0" job = hook }}
job bad {{ command = "exit 1" shell = true }}
""")
        daemon.ctl("run", "bad", "--wait", check=False)
        wait_for(lambda: len(mail.mails) == 1 and receiver.requests, lambda: f"both: {mail.mails}; {daemon.errors()}")
        message = mail.mails[0].message
        assert message["Subject"] == "[jobd] some is firing" and mail.mails[0].recipients == ["ops@example.org"]
        assert "1 dead job, more than 0" in mail.mails[0].part("plain")
        daemon.ctl("restart", "scheduler")
        receiver.paths["/hook"] = answer(200)
        wait_for(lambda: daemon.json("jobs", "--type", "hook", "--state", "done")["jobs"], "the hook to be done")
        job = json.loads(receiver.requests[-1].body)
        assert job["args"][0]["alert"] == "same" and job["args"][0]["state"] == "firing"
        daemon.ctl("delete", "--all", "--state", "dead")
        wait_for(lambda: len(mail.mails) == 2, "the end to be told")
        assert mail.mails[1].message["Subject"] == "[jobd] some is resolved"
        wait_for(lambda: len(daemon.json("jobs", "--type", "hook", "--state", "done")["jobs"]) == 2, "the second hook")
        assert len(mail.mails) == 2
