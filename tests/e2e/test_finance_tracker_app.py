"""The example app by itself, without jobd: its web API, its three jobs and its scheduler process."""

import contextlib
import os
import signal
import sqlite3
import subprocess
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy

import httpx
import pytest

from jobd_fixture import TOP, free_port, wait_for

APP = TOP / "contrib/examples/finance-tracker"
PYTHON = "/usr/bin/python3"


class Tracker:
    """The app's files in a directory of this test, and the web app when it is started."""

    def __init__(self, data):
        self.data = data
        self.env = {
            **os.environ,
            "PATH": f"/usr/bin:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FINANCE_TRACKER_DATA": str(data),
            "FINANCE_TRACKER_BUSY_MS": "200",
        }

    def python(self, *arguments, **env):
        return subprocess.run(
            [PYTHON, *arguments], cwd=APP, env={**self.env, **env}, capture_output=True, text=True, timeout=60
        )

    def job(self, name, **env):
        return self.python("-m", "app.jobs", name, **env)

    def prepare(self):
        assert self.python("-m", "app.db").returncode == 0
        return self

    @contextlib.contextmanager
    def database(self):
        connection = sqlite3.connect(self.data / "finance.db", isolation_level=None)
        with contextlib.closing(connection):
            yield connection

    def mails(self):
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted((self.data / "outbox").glob("*.eml"))
        ]

    @contextlib.contextmanager
    def web(self):
        port = free_port()
        server = subprocess.Popen(
            ["uvicorn", "app.main:app", "--port", str(port), "--workers", "2"],
            cwd=APP,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:

                def answers():
                    assert server.poll() is None, server.stdout.read().decode()
                    with contextlib.suppress(httpx.TransportError):
                        return client.get("/health").status_code == 200

                wait_for(answers, "the web app")
                yield client
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)


@pytest.fixture
def tracker(tmp_path):
    return Tracker(tmp_path / "data")


def text_of(mail, kind):
    return mail.get_body((kind,)).get_content()


def test_debt_reminders_writes_one_mail_a_supplier(tracker):
    result = tracker.prepare().job("debt_reminders")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "debt_reminders: 4 overdue debts, 3 e-mails written\n"
    mails = tracker.mails()
    assert [mail["Subject"] for mail in mails] == [
        "Overdue: Andes Coffee Roasters, 2 debts",
        "Overdue: Caribe Packaging, 1 debt",
        "Overdue: Llanos Dairy, 1 debt",
    ]
    assert mails[0]["Reply-To"] == "billing@andes-coffee.example"
    for kind in ("plain", "html"):
        text = text_of(mails[0], kind)
        assert "Green beans, lot 0412" in text and "$276,750.00" in text
        assert "Roasting service" not in text, "this one is not due yet"
    assert not any("Labels" in text_of(mail, "plain") for mail in mails), "this one is paid"


def test_debt_reminders_tells_nobody_twice_on_one_day(tracker):
    tracker.prepare().job("debt_reminders")
    again = tracker.job("debt_reminders")
    assert again.stdout == "debt_reminders: 4 overdue debts, all reminded of today already\n"
    assert len(tracker.mails()) == 3
    with tracker.database() as database:
        database.execute(
            "INSERT INTO debts (supplier_id, description, amount_cents, due_date) VALUES (2, '<b>Tape</b>', 100, '2020-01-01')"
        )
    more = tracker.job("debt_reminders")
    assert more.stdout == "debt_reminders: 2 overdue debts, 1 e-mail written\n"
    newest = tracker.mails()[-1]
    assert newest["Subject"] == "Overdue: Caribe Packaging, 2 debts"
    assert "&lt;b&gt;Tape" in text_of(newest, "html") and "<b>Tape</b>" in text_of(newest, "plain")


def test_reorder_alerts_writes_notices_and_one_mail(tracker):
    result = tracker.prepare().job("reorder_alerts")
    assert result.stdout == "reorder_alerts: 3 products low, 3 notices added, 1 e-mail written\n"
    (mail,) = tracker.mails()
    assert mail["Subject"] == "Reorder: 3 products low"
    assert [str(address) for address in mail["To"].addresses] == ["ana@example.com", "luis@example.com"]
    for kind in ("plain", "html"):
        text = text_of(mail, kind)
        assert all(sku in text for sku in ("COF-500", "BAG-500", "MLK-001"))
        assert "COF-250" not in text
    again = tracker.job("reorder_alerts")
    assert again.stdout == "reorder_alerts: 3 products low, 0 notices added, 0 e-mails written\n"
    with tracker.database() as database:
        database.execute("UPDATE products SET stock = 1000000")
    assert tracker.job("reorder_alerts").stdout == "reorder_alerts: 0 products low, nothing to do\n"


def test_notification_cleanup_deletes_what_was_read_long_ago(tracker):
    tracker.prepare()

    def ago(days):
        return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    with tracker.database() as database:
        database.execute("DELETE FROM notifications")
        database.executemany(
            "INSERT INTO notifications (kind, title, created_at, read_at) VALUES ('info', ?, ?, ?)",
            [
                ("read 31 days ago", ago(40), ago(31)),
                ("read 29 days ago", ago(40), ago(29)),
                ("never read", ago(400), None),
            ],
        )
    result = tracker.job("notification_cleanup")
    assert result.stdout == "notification_cleanup: 1 notification deleted, 2 kept\n"
    with tracker.database() as database:
        titles = {title for (title,) in database.execute("SELECT title FROM notifications")}
    assert titles == {"read 29 days ago", "never read"}


@pytest.mark.parametrize("name", ["debt_reminders", "reorder_alerts", "notification_cleanup"])
def test_a_job_without_database_says_so(tracker, name):
    result = tracker.job(name)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{name}: database {tracker.data}/finance.db does not exist")
    assert not tracker.data.exists()


@pytest.mark.parametrize("name", ["debt_reminders", "reorder_alerts", "notification_cleanup"])
def test_a_job_with_locked_database_says_so_and_changes_nothing(tracker, name):
    tracker.prepare()
    with tracker.database() as database:
        database.execute("BEGIN IMMEDIATE")
        result = tracker.job(name)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{name}: database {tracker.data}/finance.db: database is locked\n"
    assert tracker.mails() == []


def test_a_job_with_a_broken_database_says_so(tracker):
    tracker.data.mkdir()
    (tracker.data / "finance.db").write_text("this is no database" * 100)
    result = tracker.job("debt_reminders")
    assert result.returncode == 1
    assert result.stderr == f"debt_reminders: database {tracker.data}/finance.db: file is not a database\n"


def test_a_job_that_cannot_write_its_mail_marks_nothing(tracker):
    tracker.prepare()
    (tracker.data / "outbox").rmdir()
    (tracker.data / "outbox").write_text("a file where a directory should be")
    for name in ("debt_reminders", "reorder_alerts"):
        result = tracker.job(name)
        assert result.returncode == 1
        assert f"{tracker.data}/outbox" in result.stderr
    (tracker.data / "outbox").unlink()
    assert tracker.job("debt_reminders").stdout == "debt_reminders: 4 overdue debts, 3 e-mails written\n"
    assert "3 notices added" in tracker.job("reorder_alerts").stdout


def test_an_unknown_job_is_refused(tracker):
    result = tracker.job("debt_reminder")
    assert result.returncode == 2
    assert "invalid choice: 'debt_reminder'" in result.stderr


def test_the_database_is_prepared_once_by_many(tracker):
    starts = [
        subprocess.Popen([PYTHON, "-m", "app.db"], cwd=APP, env=tracker.env, stdout=subprocess.DEVNULL)
        for _ in range(6)
    ]
    assert [start.wait(60) for start in starts] == [0] * 6
    with tracker.database() as database:
        assert database.execute("SELECT count(*) FROM suppliers").fetchone() == (4,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_web_app_shows_and_changes_the_data(tracker):
    with tracker.web() as client:
        supplier = client.get("/api/suppliers").json()[0]
        new = {"supplier_id": supplier["id"], "description": "Filters", "amount_cents": 1999, "due_date": "2020-02-29"}
        added = client.post("/api/debts", json=new)
        assert added.status_code == 201
        overdue = client.get("/api/debts", params={"overdue": True}).json()
        assert overdue[0]["id"] == added.json()["id"] and overdue[0]["supplier"] == supplier["name"]
        assert client.post(f"/api/debts/{added.json()['id']}/pay").json()["paid_at"]
        assert added.json()["id"] not in [debt["id"] for debt in client.get("/api/debts?overdue=1").json()]

        low = client.get("/api/products?low=1").json()
        assert client.put(f"/api/products/{low[0]['id']}/stock", json={"stock": 10**6}).json()["stock"] == 10**6
        assert len(client.get("/api/products?low=1").json()) == len(low) - 1

        (unread,) = client.get("/api/notifications?unread=1").json()
        assert client.post(f"/api/notifications/{unread['id']}/read").json()["read_at"]
        assert client.get("/api/notifications?unread=1").json() == []

        assert tracker.job("debt_reminders").returncode == 0
        messages = client.get("/api/outbox").json()
        assert "Cream, 12 crates" in client.get(f"/outbox/{messages[0]['name']}").text
        page = client.get("/").text
        assert supplier["name"] in page and messages[0]["subject"] in page and "Filters" not in page
        assert "Filters" in client.get("/?show=all").text


def test_the_web_app_refuses_what_is_wrong(tracker):
    with tracker.web() as client:
        good = {"supplier_id": 1, "description": "x", "amount_cents": 1, "due_date": "2030-01-01"}
        for wrong in ({"amount_cents": 0}, {"description": ""}, {"due_date": "2030-02-30"}, {"supplier_id": "x"}):
            assert client.post("/api/debts", json={**good, **wrong}).status_code == 422
        assert client.post("/api/debts", json={**good, "supplier_id": 99}).status_code == 404
        assert client.put("/api/products/1/stock", json={"stock": -1}).status_code == 422
        for path in ("/api/products/99/stock", "/api/debts/99/pay", "/api/notifications/99/read"):
            method = "PUT" if path.endswith("stock") else "POST"
            assert client.request(method, path, json={"stock": 1}).status_code == 404
        assert client.get("/outbox/..%2Ffinance.db").status_code == 404
        assert client.get("/?show=x").status_code == 422


def test_health_is_503_while_the_database_cannot_be_written(tracker):
    with tracker.web() as client, tracker.database() as database:
        database.execute("BEGIN IMMEDIATE")
        answer = client.get("/health")
        assert (answer.status_code, answer.json()) == (503, {"detail": "database: database is locked"})
        database.execute("ROLLBACK")
        assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_own_scheduler_starts_and_ends_cleanly(tracker, number):
    scheduler = subprocess.Popen(
        [PYTHON, "scheduler.py"], cwd=APP, env=tracker.prepare().env, stdout=subprocess.PIPE, text=True
    )
    try:
        lines = []
        while not lines or "Scheduler started" not in lines[-1]:
            lines.append(scheduler.stdout.readline())
            assert lines[-1], "it ended instead of starting"
        assert sum('Added job "' in line for line in lines) == 3
        scheduler.send_signal(number)
        rest, _ = scheduler.communicate(timeout=30)
        assert scheduler.returncode == 0
        assert "Scheduler has been shut down" in rest
    finally:
        scheduler.kill()
