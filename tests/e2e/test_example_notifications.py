"""The notifications example: an API over the queue's verbs, mail by template, digests as schedules of their own."""

import contextlib
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from example_fixture import Example, SmtpServer, WebService, text_of
from jobd_fixture import STRETCH, wait_for

ALICE, BOB, OPS = ({"X-User": name} for name in ("alice", "bob", "ops"))
WELCOME = {"to": "new@example.com", "type": "welcome", "templateData": {"name": "Nina & Co"}}


@pytest.fixture
def smtp():
    with contextlib.closing(SmtpServer()) as server:
        yield server


@pytest.fixture
def gateway():
    with contextlib.closing(WebService()) as service:
        yield service


@pytest.fixture
def start(jobd, smtp, gateway):
    def start(**env):
        return Example(jobd, "notifications", **{"SMTP_URL": smtp.url, "SMS_URL": gateway.url, "RETRY_DELAY": "200ms", "WATCH_SCHEDULE": "@yearly", **env}).start()

    return start


@pytest.fixture
def app(start):
    return start()


def send(app, status=202, headers=ALICE, **changes):
    return app.post("/api/notifications/send-email", {**WELCOME, **changes}, status=status, headers=headers)


def wait_status(app, job, *statuses, headers=ALICE):
    return wait_for(
        lambda: (seen := app.get(f"/api/jobs/{job['jobId']}", headers=headers))["status"] in statuses and seen,
        lambda: f"{statuses}: {app.job(job['jobId'])}")


def test_an_email_is_accepted_at_once_and_sent(app, smtp):
    accepted = send(app)
    assert (accepted["status"], accepted["statusCode"], accepted["success"]) == ("queued", 202, True)
    seen = wait_status(app, accepted, "sent")
    assert {key: seen[key] for key in ("delivery_method", "notification_type", "recipient", "retry_count")} == {
        "delivery_method": "email", "notification_type": "welcome", "recipient": "new@example.com", "retry_count": 0}
    assert seen["processing_time_ms"] >= 0 and [log["outcome"] for log in seen["delivery_logs"]] == ["mail"]
    (mail,) = smtp.wait(1)
    assert (mail["To"], mail["Subject"], mail["From"]) == ("new@example.com", "Welcome, Nina & Co", "Notifications <hello@example.com>")
    assert "Hello Nina & Co," in text_of(mail, "plain") and "Welcome, Nina &amp; Co" in text_of(mail, "html")


def test_a_wrong_request_is_refused(app):
    for changes, words in (
        ({"to": "nobody"}, "no e-mail address"),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, "no e-mail address"),
        ({"type": "farewell"}, "'farewell' is none of welcome, update"),
        ({"templateData": {}}, "name missing"),
        ({"urgency": "soon"}, "urgency"),
        ({"scheduled_for": "tomorrow"}, "is no time"),
        ({"id": "short"}, "id:"),
    ):
        assert words in send(app, status=422, **changes)["message"]
    app.post("/api/notifications/send-email", WELCOME, status=401)
    assert app.jobs(type="email.welcome") == []


def test_the_same_id_is_one_notification(app, smtp):
    first = send(app, id="tribe-123-welcome")
    assert first["jobId"] == "tribe-123-welcome"
    wait_status(app, first, "sent")
    again = send(app, status=200, id="tribe-123-welcome")
    assert (again["jobId"], again["status"]) == ("tribe-123-welcome", "sent")
    send(app, status=422, headers=BOB, id="tribe-123-welcome")
    assert len(smtp.received) == 1


def test_scheduled_listed_and_cancelled_by_their_owner_only(app, smtp):
    at = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    later = send(app, scheduled_for=at, group="garden")
    send(app, headers=BOB, to="bob@example.com", scheduled_for=at)
    seen = app.get(f"/api/jobs/{later['jobId']}", headers=ALICE)
    assert seen["status"] == "pending" and 3500 < seen["seconds_until_scheduled"] <= 3600
    app.get(f"/api/jobs/{later['jobId']}", headers=BOB, status=404)
    assert len(app.get("/api/jobs?status=pending", headers=OPS)["jobs"]) == 2
    for query, count in (("", 1), ("?status=sent", 0), ("?group=garden", 1), ("?recipient=bob@example.com", 0), ("?delivery_method=sms", 0)):
        assert len(app.get(f"/api/jobs{query}", headers=ALICE)["jobs"]) == count, query
    path = f"/api/jobs/{later['jobId']}"
    assert app.client.delete(path, headers=BOB).status_code == 404
    assert app.client.delete(path, headers=ALICE).json()["status"] == "cancelled"
    assert app.client.delete(path, headers=ALICE).status_code == 409
    assert smtp.received == []


def test_pages_of_jobs(app):
    at = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    sent = [send(app, scheduled_for=at)["jobId"] for _ in range(5)]
    seen, after = [], ""
    while page := app.get(f"/api/jobs?order=oldest&limit=2{after}", headers=ALICE):
        seen += [job["id"] for job in page["jobs"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sent


def test_the_urgent_one_goes_first(app, smtp):
    app.daemon.ctl("queue", "pause", "notifications")
    for urgency in ("low", "normal", "urgent"):
        send(app, urgency=urgency, to=f"{urgency}@example.com")
    app.ask("LIMIT", {"queue": "notifications", "concurrency": 1})
    app.daemon.ctl("queue", "resume", "notifications")
    assert [mail["To"] for mail in smtp.wait(3)] == ["urgent@example.com", "normal@example.com", "low@example.com"]


def test_bulk_gives_an_answer_for_each(app, smtp):
    emails = [{**WELCOME, "to": f"{number}@example.com"} for number in range(20)]
    emails[7] = {**WELCOME, "to": "nobody"}
    results = app.post("/api/notifications/bulk", {"emails": emails}, status=202, headers=ALICE)["results"]
    assert [number for number, one in enumerate(results) if not one["success"]] == [7]
    assert {mail["To"] for mail in smtp.wait(19)} == {email["to"] for email in emails} - {"nobody"}


def test_five_at_a_time_with_a_slow_server(start, jobd):
    with contextlib.closing(SmtpServer(delay_s=0.2)) as slow:
        app = start(SMTP_URL=slow.url)
        began = time.monotonic()
        emails = [{**WELCOME, "to": f"{number}@example.com"} for number in range(25)]
        app.post("/api/notifications/bulk", {"emails": emails}, status=202, headers=ALICE)
        assert time.monotonic() - began < 1 * STRETCH, "enqueueing does not wait for the server"
        busiest = 0
        while len(slow.received) < 25:
            busiest = max(busiest, app.ask("COUNT", {"state": "running", "queue": "notifications"})["count"])
            assert time.monotonic() - began < 20 * STRETCH, len(slow.received)
        # 25 mails of 0.2 s, five at a time.
        assert time.monotonic() - began >= 25 * 0.2 / 5
        assert busiest == 5


def test_three_retries_then_it_waits_for_somebody(app, smtp):
    smtp.refuse = 4
    failed = wait_status(app, send(app), "failed")
    assert failed["retry_count"] == 3 and len(failed["delivery_logs"]) == 4
    assert "451" in failed["error"] or "451" in str(failed["delivery_logs"])
    assert app.post("/api/jobs/retry-failed", headers=OPS)["changed"] == 1
    smtp.wait(1)
    app.post("/api/jobs/retry-failed", headers=ALICE, status=403)


def test_the_breaker_leaves_a_broken_service_alone(start, gateway):
    # Nothing is tried again before the fifth has failed, so that they fail in a row.
    app = start(BREAKER_PAUSE="3s", RETRY_DELAY="2s")

    def send(number):
        return app.post("/api/notifications/send-sms", {"to": f"+1 {number}", "text": "Hi"}, status=202, headers=ALICE)

    for _ in range(5):
        gateway.answer(500)
    jobs = [send(number) for number in range(5)]
    (breaker,) = wait_for(
        lambda: [one for one in app.get("/api/health/queue")["circuit_breakers"] if one["state"] == "open"], "the breaker to open")
    assert gateway.url.removeprefix("http://") in breaker["target"]
    jobs += [send(number) for number in range(5, 8)]
    for job in jobs:
        wait_status(app, job, "sent")
    assert {one["state"] for one in app.get("/api/health/queue")["circuit_breakers"]} == {"closed"}
    # Those that the breaker held back did not lose an attempt.
    attempts = sum(job["attempts"] for job in app.jobs(type="sms"))
    assert attempts == 8 + 5 == len(gateway.requests)


def test_messages_of_other_kinds(app, gateway):
    for method in ("sms", "whatsapp"):
        sent = app.post(f"/api/notifications/send-{method}", {"to": "+1 555", "text": 'He said "hi"'}, status=202, headers=ALICE)
        assert wait_status(app, sent, "sent")["delivery_method"] == method
    assert [path for _, path, _, _ in gateway.requests] == ["/sms", "/whatsapp"]
    assert gateway.bodies()[0] == {"to": "+1 555", "text": 'He said "hi"'}


def test_digest_schedules_are_objects(app):
    wish = {"recipient": "alice", "frequency": "monthly", "delivery_day": 31, "delivery_time": "09:30:00", "timezone": "America/New_York",
            "max_updates_per_digest": 10}
    made = app.post("/api/digest-schedules", wish, status=201, headers=ALICE)
    path = f"/api/digest-schedules/{made['id']}"
    assert (made["frequency"], made["delivery_day"], made["is_active"], made["last_digest_sent"]) == ("monthly", 31, True, None)
    due = datetime.fromisoformat(made["next_digest_scheduled"])
    # The last day of this month, or of the next one: the day after is the first of a month.
    local = due.astimezone(ZoneInfo("America/New_York"))
    assert (local + timedelta(days=1)).day == 1 and (local.hour, local.minute) == (9, 30)

    changed = app._call("PATCH", path, 200, json={"frequency": "weekly", "delivery_day": 1}, headers=ALICE)
    assert datetime.fromisoformat(changed["next_digest_scheduled"]).astimezone(ZoneInfo("America/New_York")).strftime("%a %H:%M") == "Mon 09:30"
    paused = app._call("PATCH", path, 200, json={"is_active": False}, headers=ALICE)
    assert not paused["is_active"] and paused["next_digest_scheduled"] is None

    app.post("/api/digest-schedules", {"recipient": "bob", "frequency": "daily", "delivery_time": "07:00:00"}, status=201, headers=BOB)
    assert [one["recipient"] for one in app.get("/api/digest-schedules", headers=ALICE)["schedules"]] == ["alice"]
    assert len(app.get("/api/digest-schedules", headers=OPS)["schedules"]) == 2
    assert len(app.get("/api/digest-schedules?is_active=true", headers=OPS)["schedules"]) == 1
    app.get(path, headers=BOB, status=404)
    for wrong in ({"frequency": "hourly"}, {"delivery_day": 32}, {"delivery_time": "25:00"}, {"recipient": "nobody"}):
        app.post("/api/digest-schedules", {**wish, **wrong}, status=422, headers=ALICE)
    assert app._call("DELETE", path, 200, headers=ALICE)["success"]
    app.get(path, headers=ALICE, status=404)


def test_a_digest_is_sent_only_for_what_is_unread(app, smtp):
    made = app.post("/api/digest-schedules", {"recipient": "alice", "frequency": "daily", "delivery_time": "09:00:00",
                                              "max_updates_per_digest": 2}, status=201, headers=ALICE)
    for count in (1, 2, 2):
        assert app.run("build_digest", {"digest": made["id"]})["state"] == "done"
        assert len(smtp.wait(count)) == count
    first, second = smtp.messages()
    assert first["Subject"] == "New for you: 2 in garden" and second["Subject"] == "New for you: 1 in work"
    assert "- garden: Carol likes <roses>" in text_of(first, "plain") and "Carol likes &lt;roses&gt;" in text_of(first, "html")


def test_the_daily_fan_out(app, smtp):
    (entry,) = [entry for entry in app.daemon.json("next", "-n", "1")["schedules"] if entry["name"] == "create_digest_jobs"]
    assert entry["next"][0]["at"].endswith(("T09:00:00Z", "T09:00:00+00:00"))
    assert app.run("create_digest_jobs")["result"] == {"pushed": 2}
    assert {mail["To"] for mail in smtp.wait(2)} == {"alice@example.com", "bob@example.com"}


def test_metrics_and_alarms(start, smtp):
    app = start(ALERT_FAILED=0)
    wait_status(app, send(app), "sent")
    app.post("/api/notifications/send-sms", {"to": "+1", "text": "x"}, status=202, headers=ALICE)
    smtp.refuse = 4
    wait_status(app, send(app), "failed")
    metrics = app.get("/api/jobs/metrics?hours=1", headers=OPS)
    assert metrics["status_counts"]["failed"] == 1 and metrics["delivery_methods"] == {"email": 2, "sms": 1, "whatsapp": 0}
    assert 0 < metrics["success_rate_percent"] < 100 and metrics["recent_failures"][0]["status"] == "failed"
    assert app.get("/api/health")["queue"]["metrics"]["failed"] == 1
    assert app.run("watch_queue")["result"] == {"alarms": 1, "mails": 1}
    assert app.run("watch_queue")["result"] == {"alarms": 1, "mails": 0}
    assert smtp.wait(2)[-1]["Subject"] == "Alert: 1 notifications failed"
    app.get("/api/jobs/metrics", headers=ALICE, status=403)


def test_while_the_queue_is_away_nothing_is_accepted(app):
    app.daemon.ctl("stop", "scheduler")
    answer = app.client.post("/api/notifications/send-email", json=WELCOME, headers=ALICE, timeout=30)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"


def test_a_digest_comes_at_its_time(app, smtp):
    due = (datetime.now(timezone.utc) + timedelta(seconds=3)).replace(microsecond=0)
    made = app.post("/api/digest-schedules", {"recipient": "bob", "frequency": "daily", "delivery_time": due.strftime("%H:%M:%S")},
                    status=201, headers=BOB)
    assert datetime.fromisoformat(made["next_digest_scheduled"]) == due
    (mail,) = smtp.wait(1)
    assert (mail["To"], mail["Subject"]) == ("bob@example.com", "New for you: 1 in garden")
    (job,) = app.wait_jobs(type="build_digest", state="done")
    assert datetime.fromisoformat(job["due_at"]) == due
    seen = app.get(f"/api/digest-schedules/{made['id']}", headers=BOB)
    assert datetime.fromisoformat(seen["last_digest_sent"]) == due
    assert datetime.fromisoformat(seen["next_digest_scheduled"]) == due + timedelta(days=1)
