"""The Finance Tracker's mail: the templates are what MJML makes of their sources, and jobd sends them through SMTP."""

import contextlib
import json
import os
import shutil
import subprocess

import pytest

from example_fixture import SmtpServer, node_modules, text_of
from jobd_fixture import TOP, free_port, wait_for
from test_finance_tracker import Tracker

APP = TOP / "contrib/examples/finance-tracker"
TEMPLATES = APP / "app/templates/mail"
SOURCES = ["debt_reminder", "low_stock_notification", "new_account", "reorder_alert", "reset_password", "test_email"]


@pytest.fixture
def smtp():
    with contextlib.closing(SmtpServer()) as server:
        yield server


@pytest.fixture
def tracker(jobd, smtp):
    return Tracker(jobd, env={"SMTP_URL": smtp.url}).start()


def all_in_the_queue(tracker, state):
    return [job for job in tracker.daemon.json("jobs", "--queue", "mail")["jobs"] if job["state"] == state]


def test_the_templates_are_what_mjml_makes(tmp_path):
    folder = tmp_path / "mjml"
    shutil.copytree(APP / "mjml", folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(node_modules(APP / "mjml"))
    made = tmp_path / "made"
    made.mkdir()
    result = subprocess.run(["sh", "build.sh", str(made)], cwd=folder, capture_output=True, text=True, timeout=120,
                            env={**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert sorted(path.stem for path in made.iterdir()) == SOURCES
    for path in made.iterdir():
        assert (TEMPLATES / path.name).read_text() == path.read_text(), f"run sh {APP}/mjml/build.sh"
        assert (TEMPLATES / f"{path.stem}.txt").exists()


def test_debt_reminders_send_one_mail_a_supplier(tracker, smtp):
    assert "3 e-mails written" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout
    mails = {mail["Subject"]: mail for mail in smtp.wait(3)}
    assert set(mails) == {"Overdue: Andes Coffee Roasters, 2 debts", "Overdue: Caribe Packaging, 1 debt", "Overdue: Llanos Dairy, 1 debt"}
    first = mails["Overdue: Andes Coffee Roasters, 2 debts"]
    assert [str(address) for address in first["To"].addresses] == ["ana@example.com", "luis@example.com"]
    assert first["Reply-To"] == "billing@andes-coffee.example"
    assert first["From"] == "Finance Tracker <finance@example.com>"
    for kind in ("plain", "html"):
        text = text_of(first, kind)
        assert "Green beans, lot 0412" in text and "$276,750.00" in text and "+57 601 555 0101" in text
        assert "Roasting service" not in text
    assert "max-width:600px" in text_of(first, "html"), "the frame that MJML makes"
    sender, recipients, _ = smtp.received[0]
    assert (sender, sorted(recipients)) == ("finance@example.com", ["ana@example.com", "luis@example.com"])
    assert tracker.mails() == [], "nothing goes to the outbox"
    assert "all reminded of today already" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout
    assert len(smtp.received) == 3


def test_reorder_alerts_send_one_mail_about_all(tracker, smtp):
    assert "1 e-mail written" in tracker.daemon.ctl("run", "reorder_alerts", "--wait").stdout
    (mail,) = smtp.wait(1)
    assert mail["Subject"] == "Reorder: 3 products low"
    for kind in ("plain", "html"):
        assert all(sku in text_of(mail, kind) for sku in ("COF-500", "BAG-500", "MLK-001"))
        assert "Andes Coffee Roasters" in text_of(mail, kind)


def test_the_last_ones_taken_out_are_told_at_once(tracker, smtp):
    for stock in (30, 20, 19):
        product = tracker.client.put("/api/products/2/stock", json={"stock": stock}).json()
    assert product["stock"] == 19
    (mail,) = smtp.wait(1)
    assert mail["Subject"] == "Low stock: House blend 250 g" and "20 are left" in text_of(mail, "plain")


def test_mail_waits_for_a_server_that_is_away(jobd):
    port = free_port()
    tracker = Tracker(jobd, env={"SMTP_URL": f"smtp://127.0.0.1:{port}"}).start()
    assert "3 e-mails written" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout
    wait_for(lambda: len(all_in_the_queue(tracker, "retry")) == 3, "three mails to wait for their next try")
    with contextlib.closing(SmtpServer(port=port)) as server:
        tracker.daemon.ctl("retry", *(job["jid"] for job in all_in_the_queue(tracker, "retry")))
        assert len(server.wait(3)) == 3


@pytest.mark.parametrize("name, data, words", [
    ("test_email", {}, "It works"),
    ("new_account", {"name": "Ana & Co", "link": "https://example.com/?a=1&b=2"}, "Welcome, Ana & Co"),
    ("reset_password", {"name": "Ana", "link": "https://example.com/x"}, "https://example.com/x"),
])
def test_each_kind_of_mail_can_be_sent_by_hand(tracker, smtp, name, data, words):
    tracker.daemon.ctl("run", f"mail.{name}", "--args", json.dumps([{"to": "me@example.com", **data}]), "--wait")
    (mail,) = smtp.wait(1)
    assert mail["To"] == "me@example.com" and words in text_of(mail, "plain")
    assert "{{" not in text_of(mail, "html")


def test_the_own_scheduler_sends_without_a_queue(jobd, smtp):
    tracker = Tracker(jobd, "jobd-own-scheduler.conf", env={"SMTP_URL": smtp.url}).start()
    tracker.client.put("/api/products/2/stock", json={"stock": 1})
    (mail,) = smtp.wait(1)
    assert mail["Subject"] == "Low stock: House blend 250 g" and "House blend 250 g runs low" in text_of(mail, "html")
