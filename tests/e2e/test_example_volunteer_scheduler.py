"""The volunteer scheduler example: webhooks in, a worker with the public library, queues with weights."""

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from example_fixture import Example
from jobd_fixture import free_port, wait_for

HOOK = "/volunteer_scheduler/webhooks/scicent_sale"


class Volunteers(Example):
    def __init__(self, jobd, **env):
        self.ledger_port = free_port()
        super().__init__(jobd, "volunteer-scheduler", LEDGER_PORT=self.ledger_port,
                         SCICENT_WEBHOOK_SECRET="new secret", SCICENT_WEBHOOK_OLD_SECRET="old secret", VOLUNTEER_SCHEDULER_MAX_MULTIPLIER=2, **env)

    def start(self):
        super().start()
        self.wait_worker()
        return self

    def ledger(self, table):
        return httpx.get(f"http://127.0.0.1:{self.ledger_port}/{table}").json()

    def sale(self, transaction, secret="new secret", age=0, **changes):
        """The shop's webhook; returns the answer."""
        moment = datetime.now(timezone.utc) - timedelta(seconds=age)
        body = json.dumps({"user_id": 4, "amount": 100.0, "transaction_id": transaction, "currency": "EUR",
                           "timestamp": moment.isoformat(), **changes}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.client.post(HOOK, content=body, headers={
            "Content-Type": "application/json", "X-Scicent-Signature": f"sha256={signature}"})


@pytest.fixture
def app(jobd):
    return Volunteers(jobd).start()


def test_a_sale_pays_those_above_the_seller_once(app):
    accepted = app.sale("T-1")
    assert (accepted.status_code, accepted.json()["replayed"]) == (202, False)
    done = app.wait_job(accepted.json()["id"])
    assert (done["state"], done["queue"]) == ("done", "volunteer_scheduler_commissions")
    assert [(row["volunteer"], row["level"], row["cents"]) for row in app.ledger("commissions")] == [
        (3, 1, 1000), (2, 2, 500), (1, 3, 200)]
    # The shop did not see the answer and says it again; also with the old secret.
    again = app.sale("T-1", secret="old secret")
    assert (again.status_code, again.json()) == (202, {"id": done["jid"], "replayed": True})
    assert len(app.jobs(type="CommissionDistributionJob")) == 1


def test_a_wrong_webhook_is_refused(app):
    for changes, status, words in (
        ({"secret": "wrong"}, 401, "signature"),
        ({"secret": ""}, 401, "signature"),
        ({"age": 600}, 422, "timestamp"),
        ({"transaction_id": None}, 422, "transaction_id"),
    ):
        answer = app.sale("T-2", **changes)
        assert answer.status_code == status and words in answer.json()["detail"]
    assert app.jobs(type="CommissionDistributionJob") == []


def test_a_sale_that_makes_no_sense_is_dead_at_once(app):
    for number, (changes, words) in enumerate((({"amount": -1}, "amount"), ({"user_id": "4"}, "user_id"))):
        dead = app.wait_job(app.sale(f"T-{number}", **changes).json()["id"])
        assert (dead["state"], dead["failure"]["errtype"]) == ("dead", "Payload") and words in dead["failure"]["message"]


def test_webhooks_have_a_health_and_a_limit(jobd):
    app = Volunteers(jobd, SCICENT_WEBHOOKS_PER_MINUTE=2).start()
    assert app.get("/volunteer_scheduler/webhooks/health") == {"status": "ok", "webhook": "scicent_sale"}
    answers = [app.sale(f"T-{number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30


def test_a_missing_user_is_dead_at_once_and_says_why(app):
    dead = app.wait_job(app.sale("T-3", user_id=99).json()["id"])
    assert dead["state"] == "dead" and len(dead["attempts"]) == 1
    assert (dead["failure"]["errtype"], dead["failure"]["message"]) == ("UserMissing", "there is no volunteer 99")
    listed = app.daemon.json("jobs", "--state", "dead")["jobs"]
    assert [job["jid"] for job in listed] == [dead["jid"]]


def test_multipliers_for_all_or_for_one_organization(app):
    assert app.run("ActivityMultiplierCalculationJob")["state"] == "done"
    assert [row["multiplier"] for row in app.ledger("volunteers")] == [1.75, 2, 1.25, 1, 2]
    app.wait_job(app.sale("T-4").json()["id"])
    assert [row["cents"] for row in app.ledger("commissions")] == [1250, 1000, 350]
    assert app.run("ActivityMultiplierCalculationJob", 2)["args"] == [2]
    app.daemon.wait_log("worker", "multipliers: 2 calculated")


def test_one_job_has_three_schedules_with_their_own_arguments(app):
    found = {entry["name"]: entry for entry in app.ask("SCHEDULES", {"job": "BudgetDistributionJob"})}
    assert {name: entry["args"] for name, entry in found.items()} == {
        "budget-daily": ["daily", None, 200], "budget-weekly": ["weekly", None, 1000], "budget-monthly": ["monthly", None, 5000]}
    moments = {name: datetime.fromisoformat(entry["next_at"]) for name, entry in found.items()}
    assert {(moment.hour, moment.minute) for moment in moments.values()} == {(0, 0)}
    assert moments["budget-weekly"].strftime("%a") == "Sun" and moments["budget-monthly"].day == 1
    # Another start of the worker changes nothing.
    app.daemon.ctl("restart", "worker")
    assert len(app.ask("SCHEDULES", {"job": "BudgetDistributionJob"})) == 3


def test_a_budget_is_shared_out_by_hand_with_other_arguments(app):
    jid = app.daemon.ctl("run", "BudgetDistributionJob", "--args", '["weekly", 1, 100.01]').stdout.split()[-1]
    assert app.wait_job(jid)["state"] == "done"
    assert {row["volunteer"]: row["cents"] for row in app.ledger("budgets")} == {2: 5001, 1: 3750, 3: 1250}
    # The same period again gives nothing.
    jid = app.daemon.ctl("run", "BudgetDistributionJob", "--args", '["weekly", 1, 100.01]').stdout.split()[-1]
    app.wait_job(jid)
    app.daemon.wait_log("worker", "shared out already")
    jid = app.daemon.ctl("run", "BudgetDistributionJob", "--args", '["hourly"]').stdout.split()[-1]
    assert app.wait_job(jid)["failure"]["errtype"] == "Period"


def test_queues_take_turns_by_their_weights(app):
    daemon = app.daemon
    daemon.ctl("stop", "worker")
    queues = {"volunteer_scheduler_commissions": 10, "default": 5, "volunteer_scheduler_multipliers": 3, "volunteer_scheduler_budgets": 2}
    with daemon.wire("queue.sock", hello=False) as wire:
        wire.reply()
        wire.send('HELLO {"v":2,"wid":"of-the-test"}')
        wire.reply()
        for name in queues:
            for number in range(30):
                wire.request("PUSH " + json.dumps({"jid": f"{name}-{number}", "jobtype": "Any", "args": [], "queue": name}))
        taken = [wire.request(f"FETCH {' '.join(reversed(queues))}")["queue"] for _ in range(40)]
    assert {name: taken.count(name) for name in queues} == {name: 2 * weight for name, weight in queues.items()}
    # None of them starves: each is there in any one round.
    assert set(taken[:20]) == set(queues)


def test_the_queues_are_seen_retried_and_cleared(app):
    daemon = app.daemon
    daemon.ctl("stop", "worker")
    with daemon.wire("queue.sock", hello=False) as wire:
        wire.reply()
        wire.send('HELLO {"v":2,"wid":"of-the-test"}')
        wire.reply()
        for number in range(3):
            wire.request("PUSH " + json.dumps({"jid": f"default-{number}", "jobtype": "Any", "args": []}))
            job = wire.request("FETCH default")
            wire.request("FAIL " + json.dumps({"jid": job["jid"], "errtype": "Net", "message": "no route"}))
        sizes = {queue["name"]: queue for queue in daemon.json("queue")["queues"]}
        assert (sizes["default"]["size"], sizes["default"]["retry"], sizes["default"]["weight"]) == (0, 3, 5)
        waiting = daemon.json("jobs", "--state", "retry")["jobs"]
        assert {job["failure"]["message"] for job in waiting} == {"no route"}
        daemon.ctl("retry", "--all", "--state", "retry")
        wait_for(lambda: len(app.jobs(state="ready", queue="default")) == 3, "the jobs to be ready")
    assert daemon.ctl("queue", "clear", "default", check=False).returncode != 0, "it wants --yes"
    daemon.ctl("queue", "clear", "default", "--yes")
    assert app.jobs(state="ready", queue="default") == []


def test_sales_wait_while_the_worker_is_away(app):
    daemon = app.daemon
    (worker,) = daemon.json("workers")["workers"]
    assert worker["pid"] == daemon.status("worker")["pid"]
    daemon.ctl("stop", "worker")
    assert daemon.json("workers")["workers"] == []
    jids = [app.sale(f"T-{number}").json()["id"] for number in range(3)]
    assert {app.job(jid)["state"] for jid in jids} == {"ready"}
    daemon.ctl("start", "worker")
    for jid in jids:
        assert app.wait_job(jid)["state"] == "done"
    assert len(app.ledger("commissions")) == 9


def test_the_calendar(app):
    (entry,) = [entry for entry in app.daemon.json("next", "-n", "2")["schedules"] if entry["name"] == "ActivityMultiplierCalculationJob"]
    assert all(re.search("T02:00:00", run["at"]) for run in entry["next"])
