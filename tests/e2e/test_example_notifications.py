"""The notifications example: an API that takes them, jobd's own that tells what became of them; mail by template, digests
as schedules of jobd."""

import contextlib
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import httpx
import pytest

from example_fixture import Example, SmtpServer, WebService, text_of
from jobd_fixture import STRETCH, free_port, wait_for

ALICE, BOB = ({"X-User": name} for name in ("alice", "bob"))
TOKENS = {name: f"{name} of this very test".replace(" ", "-") for name in ("alice", "bob", "ops")}
V1 = "/api/v1"
WELCOME = {"to": "new@example.com", "type": "welcome", "templateData": {"name": "Nina & Co"}}


@pytest.fixture
def smtp():
    with contextlib.closing(SmtpServer()) as server:
        yield server


@pytest.fixture
def gateway():
    with contextlib.closing(WebService()) as service:
        yield service


class Notifications(Example):
    """With jobd's own API beside the app's: each person asks with their token."""

    def __init__(self, jobd, **env):
        self.jobs_port = free_port()
        super().__init__(jobd, "notifications", JOBS_PORT=self.jobs_port, **{f"{name.upper()}_TOKEN": token for name, token in TOKENS.items()}, **env)

    def call(self, who, method, path, body=None, status=200):
        answer = httpx.request(method, f"http://127.0.0.1:{self.jobs_port}{path}", json=body, timeout=10 * STRETCH,
                               headers={"Authorization": f"Bearer {TOKENS[who]}"} if who else {})
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def start(jobd, smtp, gateway):
    def start(**env):
        return Notifications(jobd, **{"SMTP_URL": smtp.url, "SMS_URL": gateway.url, "RETRY_DELAY": "200ms", "WATCH_SCHEDULE": "@yearly", **env}).start()

    return start


@pytest.fixture
def app(start):
    return start()


def send(app, status=202, headers=ALICE, **changes):
    return app.post("/api/notifications/send-email", {**WELCOME, **changes}, status=status, headers=headers)


def wait_state(app, job, *states, who="alice"):
    return wait_for(
        lambda: (seen := app.call(who, "GET", f"{V1}/jobs/{job['jobId']}"))["state"] in states and seen,
        lambda: f"{states}: {app.job(job['jobId'])}")


def test_an_email_is_accepted_at_once_and_sent(app, smtp):
    accepted = send(app)
    assert (accepted["status"], accepted["statusCode"], accepted["success"]) == ("queued", 202, True)
    seen = wait_state(app, accepted, "done")
    assert set(seen["tags"]) == {"owner:alice", "method:email", "type:welcome", "recipient:new@example.com"}
    assert seen["duration_ms"] >= 0 and [attempt["reason"] for attempt in seen["attempts"]] == ["mail"]
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
    wait_state(app, first, "done")
    again = send(app, status=200, id="tribe-123-welcome")
    assert (again["jobId"], again["status"]) == ("tribe-123-welcome", "done")
    send(app, status=422, headers=BOB, id="tribe-123-welcome")
    assert len(smtp.received) == 1


def test_scheduled_listed_and_cancelled_by_their_owner_only(app, smtp):
    at = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    later = send(app, scheduled_for=at, group="garden")
    send(app, headers=BOB, to="bob@example.com", scheduled_for=at)
    path = f"{V1}/jobs/{later['jobId']}"
    seen = app.call("alice", "GET", path)
    assert seen["state"] == "scheduled" and 3500_000 < seen["due_in_ms"] <= 3600_000
    app.call("bob", "GET", path, status=404)
    app.call(None, "GET", path, status=401)
    assert len(app.call("ops", "GET", f"{V1}/jobs?state=scheduled")["jobs"]) == 2
    for query, count in ("", 1), ("?state=done", 0), ("?tag=group:garden", 1), ("?tag=recipient:bob@example.com", 0), ("?tag=method:sms", 0):
        assert len(app.call("alice", "GET", f"{V1}/jobs{query}")["jobs"]) == count, query
    app.call("bob", "DELETE", path, status=404)
    app.call("alice", "DELETE", path, status=204)
    assert app.call("alice", "GET", path)["state"] == "cancelled"
    app.call("alice", "DELETE", path, status=409)
    assert smtp.received == []


def test_pages_of_jobs(app):
    at = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    sent = [send(app, scheduled_for=at)["jobId"] for _ in range(5)]
    seen, after = [], ""
    while page := app.call("alice", "GET", f"{V1}/jobs?order=oldest&limit=2{after}"):
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
        slow.is_held = True
        emails = [{**WELCOME, "to": f"{number}@example.com"} for number in range(25)]
        app.post("/api/notifications/bulk", {"emails": emails}, status=202, headers=ALICE)
        assert slow.received == [], "enqueueing does not wait for the server"
        began = time.monotonic()
        slow.is_held = False
        busiest = 0
        while len(slow.received) < 25:
            busiest = max(busiest, app.ask("COUNT", {"state": "running", "queue": "notifications"})["count"])
            assert time.monotonic() - began < 20 * STRETCH, len(slow.received)
        # 25 mails of 0.2 s, five at a time.
        assert time.monotonic() - began >= 25 * 0.2 / 5
        assert busiest == 5


def test_three_retries_then_it_waits_for_somebody(app, smtp):
    smtp.refuse = 4
    failed = wait_state(app, send(app), "dead")
    assert len(failed["attempts"]) == 4 and "451" in str(failed)
    every = {"do": "retry", "filter": {"state": "dead"}}
    assert app.call("bob", "POST", f"{V1}/jobs/bulk", every)["changed"] == 0
    assert app.call("ops", "POST", f"{V1}/jobs/bulk", every)["changed"] == 1
    smtp.wait(1)


def test_the_breaker_leaves_a_broken_service_alone(start, gateway):
    # Nothing is tried again before the fifth has failed, so that they fail in a row.
    app = start(BREAKER_PAUSE="3s", RETRY_DELAY="2s")

    def send(number):
        return app.post("/api/notifications/send-sms", {"to": f"+1 {number}", "text": "Hi"}, status=202, headers=ALICE)

    for _ in range(5):
        gateway.answer(500)
    jobs = [send(number) for number in range(5)]
    (breaker,) = wait_for(
        lambda: [one for one in app.call("ops", "GET", "/health/queue")["breakers"] if one["state"] == "open"], "the breaker to open")
    assert gateway.url.removeprefix("http://") in breaker["target"]
    jobs += [send(number) for number in range(5, 8)]
    for job in jobs:
        wait_state(app, job, "done")
    assert {one["state"] for one in app.call("ops", "GET", "/health/queue")["breakers"]} == {"closed"}
    # Those that the breaker held back did not lose an attempt.
    attempts = sum(job["attempts"] for job in app.jobs(type="sms"))
    assert attempts == 8 + 5 == len(gateway.requests)


def test_messages_of_other_kinds(app, gateway):
    for method in ("sms", "whatsapp"):
        sent = app.post(f"/api/notifications/send-{method}", {"to": "+1 555", "text": 'He said "hi"'}, status=202, headers=ALICE)
        assert f"method:{method}" in wait_state(app, sent, "done")["tags"]
    assert [path for _, path, _, _ in gateway.requests] == ["/sms", "/whatsapp"]
    assert gateway.bodies()[0] == {"to": "+1 555", "text": 'He said "hi"'}


def digest(who, **more):
    return {"name": f"digest-{who}", "job": "build_digest", "args": [{"recipient": who}], "frequency": "daily", "time": "09:00:00", **more}


def test_digest_schedules_are_objects(app):
    zone = ZoneInfo("America/New_York")
    made = app.call("alice", "POST", f"{V1}/schedules", digest("alice", frequency="monthly", day=31, month_end="last", time="09:30:00",
                                                              timezone="America/New_York"), 201)
    path = f"{V1}/schedules/digest-alice"
    assert (made["frequency"], made["day"], made["enabled"], made["tags"], made["last"]) == ("monthly", 31, True, ["owner:alice"], None)
    # The last day of this month, or of the next one: the day after is the first of a month.
    local = datetime.fromisoformat(made["next_at"]).astimezone(zone)
    assert (local + timedelta(days=1)).day == 1 and (local.hour, local.minute) == (9, 30)
    times = [datetime.fromisoformat(at) for at in app.call("alice", "GET", f"{path}/next?limit=14")["next"]]
    assert len(times) == 14 and all((at.astimezone(zone) + timedelta(days=1)).day == 1 for at in times)

    changed = app.call("alice", "PATCH", path, {"frequency": "weekly", "day": 1, "time": "09:30"})
    assert datetime.fromisoformat(changed["next_at"]).astimezone(zone).strftime("%a %H:%M") == "Mon 09:30"
    app.call("alice", "POST", f"{path}/pause", status=204)
    paused = app.call("alice", "GET", path)
    assert not paused["enabled"] and paused["next_at"] is None

    app.call("bob", "POST", f"{V1}/schedules", digest("bob"), 201)
    assert [one["name"] for one in app.call("alice", "GET", f"{V1}/schedules?limit=10")["schedules"]] == ["digest-alice"]
    assert len(app.call("ops", "GET", f"{V1}/schedules?job=build_digest")["schedules"]) == 2
    assert len(app.call("ops", "GET", f"{V1}/schedules?job=build_digest&enabled=true")["schedules"]) == 1
    app.call("bob", "GET", path, status=404)
    for wrong in {"frequency": "hourly"}, {"frequency": "monthly", "day": 32}, {"time": "25:00"}, {"timezone": "Mars"}:
        app.call("alice", "POST", f"{V1}/schedules", digest("alice", **wrong), 422)
    app.call("alice", "DELETE", path, status=204)
    app.call("alice", "GET", path, status=404)


def test_a_digest_is_sent_only_for_what_is_unread(app, smtp):
    app.call("alice", "POST", f"{V1}/schedules", digest("alice", args=[{"recipient": "alice", "max_updates": 2}]), 201)
    for count in (1, 2, 2):
        job = app.call("alice", "POST", f"{V1}/schedules/digest-alice/run", {}, 202)
        assert app.wait_job(job["id"])["state"] == "done"
        assert len(smtp.wait(count)) == count
    first, second = smtp.messages()
    assert first["Subject"] == "New for you: 2 in garden" and second["Subject"] == "New for you: 1 in work"
    assert "- garden: Carol likes <roses>" in text_of(first, "plain") and "Carol likes &lt;roses&gt;" in text_of(first, "html")


def test_the_daily_fan_out(app, smtp):
    (entry,) = [entry for entry in app.daemon.json("next", "-n", "1")["schedules"] if entry["name"] == "create_digest_jobs"]
    assert entry["next"][0]["at"].endswith(("T09:00:00Z", "T09:00:00+00:00"))
    assert app.run("create_digest_jobs")["result"] == {"pushed": 2}
    assert {mail["To"] for mail in smtp.wait(2)} == {"alice@example.com", "bob@example.com"}


def test_the_fan_out_leaves_out_who_has_a_schedule(app, smtp):
    app.call("alice", "POST", f"{V1}/schedules", digest("alice"), 201)
    assert app.run("create_digest_jobs")["result"] == {"pushed": 1}
    assert [mail["To"] for mail in smtp.wait(1)] == ["bob@example.com"]


def test_metrics_and_alarms(start, smtp):
    app = start(ALERT_FAILED=0)
    wait_state(app, send(app), "done")
    wait_state(app, app.post("/api/notifications/send-sms", {"to": "+1", "text": "x"}, status=202, headers=ALICE), "done")
    smtp.refuse = 4
    failed = send(app)
    wait_state(app, failed, "dead")
    groups = {one["name"]: one for one in app.call("ops", "GET", f"{V1}/metrics?hours=168&by=type")["groups"]}
    assert (groups["sms"]["total"], groups["sms"]["success_percent"]) == (1, 100)
    assert groups["email.welcome"]["done"] == 1 and 0 < groups["email.welcome"]["success_percent"] < 100
    assert groups["email.welcome"]["run_ms"]["avg"] >= 0 and groups["email.welcome"]["overdue"] == 0
    (email,) = app.call("ops", "GET", f"{V1}/metrics?tag=method:email")["groups"]
    assert (email["done"], email["failed"]) == (1, 1)
    assert app.call("ops", "GET", f"{V1}/jobs/count?state=dead")["count"] == 1
    assert [job["id"] for job in app.call("ops", "GET", f"{V1}/jobs?state=dead&limit=10")["jobs"]] == [failed["jobId"]]
    assert app.call(None, "GET", "/health")["status"] == "ok" and app.call("ops", "GET", "/health/queue")["counts"]["dead"] == 1
    assert app.run("watch_queue")["result"]["failed"] == 1
    # The operators are told once, and again when somebody has looked after it.
    told = smtp.wait(2)[-1]
    assert told["To"] == "ops@example.com" and told["Subject"].startswith("Alert: ") and "dead" in told["Subject"]
    app.call("ops", "DELETE", f"{V1}/jobs/{failed['jobId']}?purge=1", status=204)
    assert smtp.wait(3)[-1]["Subject"] != told["Subject"]
    # What is about everybody is not for her.
    app.call("alice", "POST", f"{V1}/jobs", {"type": "create_digest_jobs"}, 403)
    app.call("alice", "GET", f"{V1}/metrics", status=404)


def test_while_the_queue_is_away_nothing_is_accepted(app):
    app.daemon.ctl("stop", "scheduler")
    answer = app.client.post("/api/notifications/send-email", json=WELCOME, headers=ALICE, timeout=30)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"


def test_a_digest_comes_at_its_time(app, smtp):
    due = (datetime.now(timezone.utc) + timedelta(seconds=3)).replace(microsecond=0)
    made = app.call("bob", "POST", f"{V1}/schedules", digest("bob", time=due.strftime("%H:%M:%S")), 201)
    assert datetime.fromisoformat(made["next_at"]) == due
    (mail,) = smtp.wait(1)
    assert (mail["To"], mail["Subject"]) == ("bob@example.com", "New for you: 1 in garden")
    (job,) = app.wait_jobs(type="build_digest", state="done")
    assert datetime.fromisoformat(job["due_at"]) == due
    seen = app.call("bob", "GET", f"{V1}/schedules/digest-bob")
    assert datetime.fromisoformat(seen["last"]["due_at"]) == due
    assert datetime.fromisoformat(seen["next_at"]) == due + timedelta(days=1)
