"""The Oroshi example: a batch of mails with a callback, documents with progress, a preview with its result."""

import contextlib
import json
import re

import pytest

from example_fixture import Example, SmtpServer, text_of
from jobd_fixture import wait_for


@pytest.fixture
def smtp():
    with contextlib.closing(SmtpServer()) as server:
        yield server


@pytest.fixture
def app(jobd, smtp):
    return Example(jobd, "oroshi", SMTP_URL=smtp.url).start()


def states(app):
    return {message["id"]: message["state"] for message in app.get("/api/messages")}


def test_the_schedule_is_in_tokyo(app):
    (entry,) = [entry for entry in app.daemon.json("next", "-n", "7")["schedules"] if entry["next"]]
    assert (entry["name"], entry["timezone"]) == ("Oroshi::MailerJob", "Asia/Tokyo")
    assert [run["at"][15] + run["at"][19:] for run in entry["next"]] == ["0+09:00"] * 7
    (listed,) = [schedule for schedule in app.ask("SCHEDULES") if schedule["name"] == "Oroshi::MailerJob"]
    assert listed["description"] == "Sends what waits to be sent, as one batch"


def test_the_mailer_sends_a_batch_and_hears_of_its_end(app, smtp):
    mailer = app.run("Oroshi::MailerJob")
    assert mailer["state"] == "done" and mailer["result"]["messages"] == 3
    # Each has been tried, and all are out: both callbacks.
    for callback in app.wait_jobs(2, type="Oroshi::MailerDoneJob", state="done"):
        assert callback["result"] == {"sent": 3, "failed": 0, "sending": 0}
    assert states(app) == {1: "sent", 2: "sent", 3: "sent"}
    mails = {mail["To"]: mail for mail in smtp.wait(3)}
    first = mails["Sakana-ya <sakana@example.com>"]
    assert (first["Subject"], first["From"]) == ("Your order 1", "Oroshi <oroshi@example.com>")
    assert "We pack your order <today>." in text_of(first, "plain")
    assert "We pack your order &lt;today&gt;." in text_of(first, "html")
    status = app.ask("BATCH STATUS", mailer["result"]["bid"])
    assert (status["total"], status["pending"], status["failed"]) == (3, 0, 0)
    # Nothing is left to be sent.
    assert app.run("Oroshi::MailerJob")["result"] == {"messages": 0}
    assert len(smtp.received) == 3


def test_a_mail_that_is_refused_is_tried_again(app, smtp):
    smtp.refuse = 1
    app.run("Oroshi::MailerJob")
    tried, sent = app.wait_jobs(2, type="Oroshi::MailerDoneJob", state="done")
    assert tried["result"] == {"sent": 2, "failed": 0, "sending": 1}
    assert sent["result"] == {"sent": 3, "failed": 0, "sending": 0}
    assert sorted(job["attempts"] for job in app.jobs(type="Oroshi::MessageMail")) == [1, 1, 2]


def test_the_office_hears_of_a_mail_that_is_given_up(app, smtp):
    smtp.reject = "hotel@example.com"
    app.run("Oroshi::MailerJob")
    app.wait_jobs(type="Oroshi::MessageMail", state="dead")
    app.wait_jobs(type="Oroshi::MailerDoneJob", state="done")
    app.run("Oroshi::MailerJob")
    assert states(app)[2] == "failed"
    assert [mail["Subject"] for mail in smtp.wait(3) if mail["To"].startswith("Office")] == ["Not delivered: Prices of the week"]


def test_an_invoice_is_a_file_with_progress(app):
    started = app.post("/api/orders/1/invoice", status=202)
    done = app.wait_job(started["jid"])
    assert done["state"] == "done" and done["attempts"][0]["code"] == 0
    printed = json.loads(done["attempts"][0]["output_head"])
    invoice = app.get(f"/api/invoices/{started['invoice']}")
    assert (invoice["file"], invoice["bytes"]) == (printed["file"], printed["bytes"])
    file = app.client.get(f"/api/invoices/{started['invoice']}/file")
    assert file.headers["Content-Type"] == "application/pdf" and file.content.startswith(b"%PDF-1.4")
    assert b"20 x Oysters, shelled, 500 g" in file.content and b"27000 yen" in file.content
    track = app.ask("TRACK GET", started["jid"])
    assert (track["percent"], track["desc"], track["state"]) == (100, "attached", "success")


def test_an_invoice_that_does_not_exist_is_not_tried_again(app):
    dead = app.run("Oroshi::InvoiceJob", {"invoice": 99})
    assert dead["state"] == "dead" and [attempt["code"] for attempt in dead["attempts"]] == [65]
    assert "there is no such invoice" in dead["attempts"][0]["output_head"]


def test_a_preview_passes_the_others_and_gives_its_result(app):
    app.daemon.ctl("queue", "pause", "default")
    app.post("/api/orders/1/invoice", status=202)
    preview = app.post("/api/orders/1/preview", status=202)
    seen = wait_for(lambda: (job := app.get(preview["poll"]))["state"] == "done" and job, "the preview")
    assert seen["result"] == {"buyer": "Sakana-ya", "lines": 2, "total_yen": 27000}
    assert app.jobs(type="Oroshi::InvoiceJob")[0]["state"] == "ready"
    missing = app.post("/api/orders/99/preview", status=202)
    assert app.wait_job(missing["jid"])["state"] == "dead"


def test_an_order_makes_a_document_and_one_check_of_the_supplies(app, smtp):
    app.wait_worker()
    app.daemon.ctl("queue", "pause", "default")
    orders = [app.post("/api/orders", {"buyer": 2, "lines": [{"supply": 3, "quantity": 5}]}, status=201) for _ in range(3)]
    for order in orders:
        assert app.wait_job(order["document"])["state"] == "done"
        assert app.get(f"/api/orders/{order['id']}")["document"] == f"order-{order['id']}.pdf"
        assert app.get(f"/api/jobs/{order['document']}")["percent"] == 100
    (check,) = app.jobs(type="Oroshi::SupplyCheckJob")
    app.daemon.ctl("queue", "resume", "default")
    assert app.wait_job(check["jid"])["result"] == {"short": ["Nori, 10 sheets"]}
    app.run("Oroshi::MailerJob")
    office = [mail for mail in smtp.wait(4) if mail["To"] == "Office <office@example.com>"]
    assert [mail["Subject"] for mail in office] == ["Supplies: 1 short"]
    assert "15 ordered, 8 there" in text_of(office[0], "plain")


def test_documents_are_ours_alone(app):
    app.get("/internal/orders/1", status=401)
    app.post("/jobs/MailerJob", {"args": []}, status=401)


def test_a_stop_leaves_nothing_behind(app):
    app.wait_worker()
    assert app.daemon.stop() == 0
    app.daemon.assert_nothing_left(timeout=0)
    assert re.search(rb"oroshi on port", app.daemon.log("web"))
