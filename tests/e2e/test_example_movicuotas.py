"""The MoviCuotas example: a web app in Node whose calendar, pushes and manual jobs are kept by jobd."""

import contextlib
import json
import os
import re
import signal

import pytest

from example_fixture import Example, WebService
from jobd_fixture import wait_for

DAILY = {
    "MarkInstallmentsOverdueJob": "T00:01:00",
    "DailyCollectionReminderJob": "T09:00:00",
    "CleanupOldNotificationsJob": "T02:00:00",
}


@pytest.fixture
def gateway():
    with contextlib.closing(WebService()) as service:
        yield service


@pytest.fixture
def app(jobd, gateway):
    return Example(jobd, "movicuotas", PUSH_URL=gateway.url, ESCALATION_SECONDS=1).start()


def sent(gateway):
    """Title and token of each push that the gateway was given."""
    return [(body["message"]["notification"]["title"], body["message"]["token"]) for body in gateway.bodies()]


def test_the_calendar_is_the_one_of_the_app(app):
    listed = {entry["name"]: entry for entry in app.daemon.json("next", "-n", "3")["schedules"]}
    for name, time in DAILY.items():
        assert [re.search("T.{8}", run["at"])[0] for run in listed[name]["next"]] == [time] * 3
        assert listed[name]["timezone"] == "America/Tegucigalpa"
    minutes = [re.search(r"T..:(..):00", run["at"])[1] for run in listed["CheckPaymentConfirmationsJob"]["next"]]
    assert set(minutes) == {"00", "30"}
    assert {queue["name"] for queue in app.ask("QUEUES")} >= {"default", "mailers", "notifications", "reminders", "blocking"}


def test_scheduled_jobs_do_their_work_by_hand_too(app, gateway):
    marked = app.run("MarkInstallmentsOverdueJob")
    assert (marked["state"], marked["queue"], marked["result"]) == ("done", "reminders", {"marked": [1]})
    assert app.run("MarkInstallmentsOverdueJob")["result"] == {"marked": []}
    assert app.run("CheckPaymentConfirmationsJob")["result"] == {"checked": 1}
    assert [row["status"] for row in app.get("/api/instalments") if row["id"] == 3] == ["paid"]
    assert app.run("CleanupOldNotificationsJob")["result"] == {"deleted": 1}
    # Overdue ones are reminded of too; what is paid is not, and nobody twice on a day.
    assert app.run("DailyCollectionReminderJob")["result"] == {"reminded": 2}
    assert app.run("DailyCollectionReminderJob")["result"] == {"reminded": 0}
    wait_for(lambda: len(gateway.requests) >= 4, lambda: f"pushes: {sent(gateway)}")
    assert sorted(sent(gateway)) == [
        ("Payment received", "token-luis"),
        ("Your instalment", "token-marta-1"), ("Your instalment", "token-marta-2"), ("Your instalment", "token-sara"),
    ]


def test_a_committed_notification_is_pushed_to_each_phone_once(app, gateway):
    created = app.post("/api/notifications", {"person": 1, "title": 'Hello "you"', "body": "two\nlines"}, status=201)
    assert app.wait_job(created["jid"])["result"] == {"phones": 2}
    seen = wait_for(
        lambda: (found := app.get(f"/api/notifications/{created['id']}")) and
        [delivery["state"] for delivery in found["deliveries"]] == ["done", "done"] and found, "both deliveries")
    assert [delivery["attempts"] for delivery in seen["deliveries"]] == [1, 1]
    assert gateway.bodies()[0]["message"]["notification"] == {"title": 'Hello "you"', "body": "two\nlines"}
    assert gateway.requests[0][2]["Authorization"] == "Bearer development"
    # The same notification again is no second message.
    again = app.run("SendPushNotificationJob", {"notification": created["id"]})
    assert again["state"] == "done" and len(gateway.requests) == 2


def test_the_gateway_says_when_to_come_back(app, gateway):
    gateway.answer(429, Retry_After=1)
    created = app.post("/api/notifications", {"person": 2, "title": "Hi"}, status=201)
    app.wait_job(created["jid"])
    (delivery,) = app.wait_jobs(type="DeliverPush", state="done")
    assert delivery["attempts"] == 2
    first, second = (moment for moment, _, _, _ in gateway.requests)
    assert second - first >= 1


def test_a_refused_push_is_dead_until_somebody_retries_it(app, gateway):
    gateway.answer(404)
    app.post("/api/notifications", {"person": 2, "title": "Hi"}, status=201)
    (dead,) = app.wait_jobs(type="DeliverPush", state="dead")
    assert app.get("/admin/jobs")["states"]["dead"] == 1
    assert app.post("/admin/jobs/retry")["changed"] == 1
    assert len(app.wait_job(dead["jid"], "done")["attempts"]) == 2
    seen = app.get("/admin/jobs")
    assert seen["times"]["SendPushNotificationJob"]["runs"] == 1 and seen["dead"] == []


def test_notices_escalate_until_the_last_one(app, gateway):
    assert app.run("SendOverdueNotificationJob", {"instalment": 4})["result"] == {
        "stage": 1, "next": "SendOverdueNotificationJob"}
    app.wait_jobs(type="NotifySupervisorsJob", state="done")
    wait_for(lambda: len(gateway.requests) >= 4, lambda: f"pushes: {sent(gateway)}")
    pushes = sent(gateway)
    assert [text for text, token in pushes if token == "token-sara"] == ["Instalment overdue", "Second notice", "Last notice"]
    # Another job tells her, while the last one is on its way.
    assert [text for text, token in pushes if token == "token-irma"] == ["Customer does not pay"]


def test_who_pays_hears_no_more(app, gateway):
    app.run("SendOverdueNotificationJob", {"instalment": 4})
    app.post("/api/instalments/4/pay")
    later = app.wait_jobs(2, type="SendOverdueNotificationJob", state="done")
    assert later[-1]["result"] == {"stopped": "paid"}
    assert app.jobs(type="NotifySupervisorsJob") == []


def test_manual_jobs(app, gateway):
    assert app.run("SendLatePaymentWarningJob", {"instalment": 4})["result"] == {"warned": 3}
    assert app.run("NotifySupervisorsJob", {"instalment": 4})["result"] == {"told": 1}
    wait_for(lambda: len(gateway.requests) >= 2, "the pushes")


def test_blocking_needs_a_person_and_a_reason(app):
    listed = {entry["name"]: entry for entry in app.ask("SCHEDULES")}
    assert listed["AutoBlockDeviceJob"]["manual_only"] and listed["AutoBlockDeviceJob"]["next_at"] is None
    for argument, words in (
        ({"device": 3}, "'by' must say who"),
        ({"device": 1, "by": "irma"}, "nothing is overdue for 30 days"),
        ({"device": 9, "by": "irma"}, "there is no device 9"),
    ):
        refused = app.run("AutoBlockDeviceJob", argument)
        assert refused["state"] == "dead" and len(refused["attempts"]) == 1
        assert words in json.dumps(refused)
    assert app.get("/api/devices/3")["blocked_at"] is None
    assert app.run("AutoBlockDeviceJob", {"device": 3, "by": "irma"})["result"] == {"blocked": 3}
    assert app.get("/api/devices/3")["blocked_by"] == "irma"


def test_only_jobd_may_ask_for_a_job(app):
    body = {"jid": "12345678", "jobtype": "AutoBlockDeviceJob", "args": [{"device": 3, "by": "nobody"}]}
    app.post("/jobs/AutoBlockDeviceJob", body, status=401)
    app.post("/jobs/AutoBlockDeviceJob", body, status=401, headers={"X-Jobd-Signature": "t=1,v1=00"})
    assert app.get("/api/devices/3")["blocked_at"] is None


def test_a_killed_app_and_a_restarted_queue_lose_nothing(app, gateway):
    daemon = app.daemon
    web = daemon.wait_state("web", "RUNNING")
    daemon.ctl("queue", "pause", "reminders")
    waiting = daemon.ctl("run", "MarkInstallmentsOverdueJob").stdout.split()[-1]
    # As if it had been killed in the middle of a transaction.
    (app.folder / "data/movicuotas.db.lock").mkdir()
    os.kill(web["pid"], signal.SIGKILL)
    wait_for(lambda: daemon.status("web")["pid"] not in (0, web["pid"]), "the app's restart")
    daemon.ctl("restart", "scheduler")
    app.wait_answers()
    assert app.job(waiting)["state"] == "ready"
    daemon.ctl("queue", "resume", "reminders")
    assert app.wait_job(waiting)["result"] == {"marked": [1]}
    created = app.post("/api/notifications", {"person": 2, "title": "Hi"}, status=201)
    assert app.wait_job(created["jid"])["state"] == "done"
    assert daemon.stop() == 0
    daemon.assert_nothing_left(timeout=0)
