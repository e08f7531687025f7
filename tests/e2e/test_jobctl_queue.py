"""jobctl against the real scheduler and runner: each command of the queue once."""

import contextlib
import json
import sqlite3

import pytest
from example_fixture import SmtpServer
from jobd_fixture import wait_for

CONFIG = """
program app { command = "sleep 1000" }
scheduler { keep = 10000 }
runner { concurrency = 4 }
queue mailers { weight = 3 }
job hello { command = "sh -c 'echo hello $1; exit 3' --" retries = 0 queue = runners }
job fine  { command = "echo fine" }
job deaf  { command = "sh -c 'trap : TERM; echo up >> @DIR@/deaf; while :; do sleep 0.1; done'" stop_timeout = 1h overlap = parallel }
job slow  { command = "sleep 1000" stop_timeout = 1s overlap = parallel }
"""


@pytest.fixture
def daemon(jobd):
    daemon = jobd(CONFIG)
    daemon.wait_state("runner", "RUNNING")
    return daemon


def push(daemon, *arguments):
    return daemon.ctl("push", *arguments).stdout.strip()


def jobs(daemon, *arguments):
    return {job["id"]: job for job in daemon.json("jobs", *arguments)["jobs"]}


def state(daemon, jid):
    return daemon.json("job", jid)["state"]


def wait_job(daemon, jid, wanted):
    wait_for(lambda: state(daemon, jid) == wanted, lambda: f"{jid} to be {wanted}: {daemon.json('job', jid)}")


def test_push(daemon):
    """What nobody works on stays where it is."""
    plain = push(daemon, "SendPush", '{"user": 12345678901234567890}')
    later = push(daemon, "SendPush", "[1, 2]", "--at", "+10m", "--queue", "mailers", "--priority", "9", "--retries", "3")
    job = daemon.json("job", plain)
    assert (job["id"], job["type"], job["queue"], job["state"]) == (plain, "SendPush", "default", "ready")
    assert job["args"] == [{"user": 12345678901234567890}]
    job = daemon.json("job", later)
    assert (job["queue"], job["state"], job["priority"], job["retry"]) == ("mailers", "scheduled", 9, 3)
    assert "in 9min" in daemon.ctl("jobs", "--state", "scheduled").stdout
    assert set(jobs(daemon)) == {plain, later}
    assert set(jobs(daemon, "--queue", "mailers", "--type", "SendPush")) == {later}
    assert set(jobs(daemon, "--state", "ready")) == {plain}


def test_push_and_wait(daemon):
    result = daemon.ctl("push", "hello", '"you"', "--wait", check=False)
    assert (result.returncode, result.stdout) == (3, "hello you\n")
    assert "dead" in result.stderr
    assert daemon.ctl("push", "fine", "--wait").stdout == "fine\n"
    assert daemon.json("push", "fine", "--wait")["state"] == "done"


def test_errors_name_what_is_wrong(daemon):
    result = daemon.ctl("push", "T", "--queue", "not a queue", check=False)
    assert result.returncode == 1
    assert "queue names must match" in result.stderr
    for command in ("job", "cancel", "retry"):
        result = daemon.ctl(command, "nonexistent", check=False)
        assert result.returncode == 1
        assert "Job not found nonexistent" in result.stderr


def test_cancel_and_retry_several(daemon):
    running = push(daemon, "slow")
    wait_job(daemon, running, "running")
    waiting = [push(daemon, "SendPush", str(number)) for number in range(3)]
    output = daemon.ctl("cancel", running, *waiting).stdout
    assert output == "".join(f"{jid}: cancelled\n" for jid in [running, *waiting])
    wait_job(daemon, running, "cancelled")
    assert set(jobs(daemon, "--state", "cancelled")) == {running, *waiting}
    result = daemon.ctl("retry", waiting[0], "nonexistent", waiting[1], check=False)
    assert result.returncode == 1
    assert set(jobs(daemon, "--state", "ready")) == set(waiting[:2])


def test_a_paused_queue(daemon):
    daemon.ctl("queue", "pause", "runners")
    jid = push(daemon, "hello")
    assert state(daemon, jid) == "ready"
    daemon.restart()
    daemon.wait_state("runner", "RUNNING")
    assert state(daemon, jid) == "ready"
    daemon.ctl("queue", "resume", "runners")
    wait_job(daemon, jid, "dead")


def test_workers(daemon):
    jid = push(daemon, "slow")
    wait_job(daemon, jid, "running")
    (worker,) = daemon.json("workers")["workers"]
    assert worker["labels"] == ["jobd-runner"]
    assert worker["running"] == [jid]
    assert worker["wid"] in daemon.ctl("workers").stdout
    assert worker["wid"] in daemon.ctl("jobs", "--state", "running").stdout
    assert daemon.ctl("worker", "quiet", worker["wid"]).returncode == 0
    wait_for(lambda: daemon.json("workers")["workers"][0]["state"] == "quiet", "the worker to be quiet")
    assert daemon.ctl("worker", "quiet", "nobody", check=False).returncode == 1



def queue_wire(daemon):
    """A connection to the queue that has said HELLO, and is no worker."""
    wire = daemon.wire("queue.sock", hello=False)
    assert wire.reply() == 'HI {"v":2}'
    assert wire.request('HELLO {"v":2}') == "OK"
    return wire


def test_thousands_of_jobs(daemon):
    with queue_wire(daemon) as wire:
        batch = [{"jid": f"many{number:05}", "jobtype": "Many", "args": [], "queue": "many"} for number in range(2500)]
        assert wire.request("PUSHB " + json.dumps(batch)) == {}
    newest = [job["jid"] for job in reversed(batch)]
    assert list(jobs(daemon, "--type", "Many")) == newest[:100]
    assert list(jobs(daemon, "--type", "Many", "--limit", "1700")) == newest[:1700]
    assert list(jobs(daemon, "--all")) == newest
    assert len(daemon.ctl("jobs", "--all").stdout.splitlines()) == 2501
    assert daemon.json("jobs", "--count", "--queue", "many")["count"] == 2500
    assert daemon.ctl("cancel", "--all", "--queue", "many").stdout == "2500 jobs: cancelled\n"
    assert daemon.json("retry", "--all", "--state", "cancelled", "--type", "Many") == {"changed": 2500}
    assert daemon.ctl("queue", "clear", "many", "--yes").stdout == "many: 2500 jobs removed\n"
    assert daemon.json("jobs", "--count")["count"] == 0


def test_filters(daemon):
    one = push(daemon, "A", "--tag", "x", "--tag", "y")
    two = push(daemon, "A", "--tag", "x", "--queue", "mailers")
    three = push(daemon, "B", "--at", "+1h")
    assert set(jobs(daemon, "--tag", "x")) == {one, two}
    assert set(jobs(daemon, "--tag", "y")) == {one}
    assert set(jobs(daemon, "--state", "ready,scheduled")) == {one, two, three}
    assert set(jobs(daemon, "--state", "scheduled")) == {three}
    counted = daemon.json("jobs", "--count")
    assert (counted["count"], counted["states"]) == (3, {"scheduled": 1, "ready": 2})
    assert daemon.ctl("jobs", "--count").stdout == "3\nscheduled  1\nready      2\n"


def test_unique(daemon):
    first = push(daemon, "SendPush", "[1]", "--unique", "1h")
    result = daemon.ctl("push", "SendPush", "[1]", "--unique", "1h", check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "not unique" in result.stderr
    second = push(daemon, "SendPush", "[2]", "--unique", "1h")
    assert set(jobs(daemon)) == {first, second}


def test_kill(daemon):
    # It ignores SIGTERM and would have an hour.
    first, second = push(daemon, "deaf"), push(daemon, "deaf")
    heard = daemon.dir / "deaf"
    wait_for(lambda: heard.exists() and heard.read_text() == "up\nup\n", "both to ignore it")
    daemon.ctl("cancel", second)
    for jid in (first, second):
        assert daemon.ctl("kill", jid).stdout == f"{jid}: killed\n"
        wait_job(daemon, jid, "cancelled")
    assert daemon.ctl("kill", "nonexistent", check=False).returncode == 1


def test_retry_of_all_that_is_dead(daemon):
    dead = [push(daemon, "hello", str(number)) for number in range(3)]
    for jid in dead:
        wait_job(daemon, jid, "dead")
    daemon.ctl("queue", "pause", "runners")
    assert daemon.ctl("retry", "--all", "--state", "dead", "--type", "nothing").stdout == "0 jobs: ready\n"
    assert daemon.ctl("retry", "--all", "--state", "dead", "--type", "hello").stdout == "3 jobs: ready\n"
    assert set(jobs(daemon, "--state", "ready")) == set(dead)


def test_delete(daemon):
    waiting, running = push(daemon, "SendPush"), push(daemon, "slow")
    wait_job(daemon, running, "running")
    assert daemon.ctl("delete", waiting).stdout == f"{waiting}: deleted\n"
    assert daemon.ctl("job", waiting, check=False).returncode == 1
    assert daemon.ctl("delete", running, check=False).returncode == 1
    assert state(daemon, running) == "running"


def test_change(daemon):
    jid = push(daemon, "SendPush")
    daemon.ctl("change", jid, "--priority", "9", "--queue", "mailers", "--at", "2100-01-01T00:00:00Z")
    job = daemon.json("job", jid)
    assert (job["priority"], job["queue"], job["state"]) == (9, "mailers", "scheduled")
    assert job["run_at"] == "2100-01-01T00:00:00Z"
    assert daemon.ctl("change", "nonexistent", "--priority", "1", check=False).returncode == 1


def test_why(daemon):
    def what(jid):
        return {reason["what"] for reason in daemon.json("why", jid)["because"]}

    nobody = push(daemon, "SendPush")
    later = push(daemon, "SendPush", "--at", "+1h")
    daemon.ctl("queue", "pause", "mailers")
    paused = push(daemon, "SendPush", "--queue", "mailers")
    assert what(nobody) == {"no_worker"}
    assert what(later) == {"scheduled"}
    assert "paused" in what(paused)
    text = daemon.ctl("why", paused).stdout
    assert text.startswith(f"{paused} is ready\n  paused ")
    assert daemon.ctl("why", "nonexistent", check=False).returncode == 1


def test_queues(daemon):
    for _ in range(3):
        push(daemon, "SendPush", "--queue", "mailers")
    push(daemon, "SendPush", "--queue", "mailers", "--at", "+1h")
    daemon.ctl("queue", "pause", "mailers")

    def mailers():
        (found,) = daemon.json("queue", "mailers")["queues"]
        return found

    found = mailers()
    assert {name: found[name] for name in ("name", "size", "scheduled", "running", "paused", "weight")} == {
        "name": "mailers",
        "size": 3,
        "scheduled": 1,
        "running": 0,
        "paused": True,
        "weight": 3,
    }
    lines = [line.split() for line in daemon.ctl("queue").stdout.splitlines()]
    assert ["mailers", "3"] in [line[:2] for line in lines]
    assert daemon.ctl("queue", "size", "mailers").stdout == "3\n"
    assert daemon.ctl("queue", "count", "--state", "pending", "--queue", "mailers").stdout == "4\n"
    assert "neither jobs nor settings" in daemon.ctl("queue", "pause", "mailer").stderr
    assert "neither" not in daemon.ctl("queue", "pause", "mailers").stderr
    daemon.ctl("queue", "limit", "mailers", "--concurrency", "5", "--rate", "50/s", "--weight", "7")
    daemon.restart()
    found = mailers()
    assert (found["concurrency"], found["rate"], found["rate_period_ms"], found["weight"]) == (5, 50, 1000, 7)
    daemon.ctl("queue", "limit", "mailers", "--concurrency", "default", "--rate", "default", "--weight", "default")
    found = mailers()
    assert (found["concurrency"], found["rate"], found["weight"]) == (0, 0, 3)
    assert daemon.ctl("queue", "clear", "mailers", "--yes").stdout == "mailers: 3 jobs removed\n"
    assert daemon.ctl("queue", "clear", "mailers", check=False).returncode == 2


def test_stats_and_top(daemon):
    assert daemon.ctl("push", "fine", "--wait").returncode == 0
    daemon.ctl("push", "hello", "--wait", check=False)
    running = push(daemon, "slow")
    wait_job(daemon, running, "running")
    stats = daemon.json("stats")
    assert (stats["processed"], stats["failures"]) == (2, 1)
    assert (stats["states"]["done"], stats["states"]["dead"], stats["states"]["running"]) == (1, 1, 1)
    assert sum(hour["pushed"] for hour in stats["hours"]) == 3
    assert daemon.ctl("stats", "--hours", 1).stdout.startswith("processed  2\nfailures   1\n")
    top = daemon.json("top")
    assert {program["name"] for program in top["programs"]} == {"app", "scheduler"}
    assert [job["id"] for job in top["jobs"]] == [running]
    assert top["stats"]["processed"] == 2
    assert running in daemon.ctl("top").stdout
    assert daemon.json("breakers") == {"breakers": []}


def test_batch(daemon):
    with queue_wire(daemon) as wire:
        bid = wire.request('BATCH NEW {"description":"three mails","success":{"jid":"callback1","jobtype":"Done","args":[]}}')
        bid = bid.decode() if isinstance(bid, bytes) else bid
        for number in range(3):
            job = {"jid": f"batched{number}", "jobtype": "Mail", "args": [], "custom": {"bid": bid}}
            assert wire.request("PUSH " + json.dumps(job)) == "OK"
        assert wire.request(f"BATCH COMMIT {bid}") == "OK"
    batch = daemon.json("batch", bid)
    assert (batch["bid"], batch["total"], batch["pending"]) == (bid, 3, 3)
    assert "three mails" in daemon.ctl("batch", bid).stdout
    assert daemon.ctl("batch", "b-nonexistent", check=False).returncode == 1


def test_database(daemon):
    jid = push(daemon, "SendPush")
    assert daemon.ctl("db", "check").returncode == 0
    assert daemon.ctl("db", "backup", "copy.db").stdout == f"{daemon.dir}/copy.db: written\n"
    with contextlib.closing(sqlite3.connect(daemon.dir / "copy.db")) as copy:
        assert jid in "\n".join(copy.iterdump())
    assert daemon.ctl("db", "vacuum").returncode == 0
    assert "tables of this version" in daemon.ctl("db", "migrate").stdout
    assert state(daemon, jid) == "ready"
    result = daemon.ctl("db", "backup", "/nonexistent/copy.db", check=False)
    assert result.returncode == 1
    assert "/nonexistent/copy.db" in result.stderr


def test_mail(jobd):
    server = SmtpServer()
    try:
        daemon = jobd(f'smtp {{ url = "{server.url}" from = "jobd@example.org" }}\njob hello {{ command = "true" }}')
        daemon.wait_state("runner", "RUNNING")
        output = daemon.ctl("mail", "test", "you@example.org").stdout
        assert output == "you@example.org: the server has taken the mail\n"
        ((sender, recipients, _),) = server.received
        assert (sender, recipients) == ("jobd@example.org", ["you@example.org"])
        server.refuse = 1
        result = daemon.ctl("mail", "test", "you@example.org", check=False)
        assert result.returncode == 1
        assert "come back later" in result.stderr
    finally:
        server.controller.stop()


def test_schedules(daemon):
    result = daemon.json("schedule", "set", "user-1", "digest", '{"user": 1}', "--schedule", "0 8 * * *", "--timezone", "America/Bogota")
    assert result["next_at"].endswith("T13:00:00Z")
    daemon.ctl("schedule", "set", "user-2", "digest", "--schedule", "every sunday at midnight", "--tag", "weekly")
    daemon.restart()
    assert [row["name"] for row in daemon.json("schedules")["schedules"]] == ["user-1", "user-2"]
    assert [row["name"] for row in daemon.json("schedules", "--tag", "weekly")["schedules"]] == ["user-2"]
    assert "user-1" in daemon.ctl("schedules").stdout
    result = daemon.ctl("schedule", "set", "user-3", "digest", "--schedule", "never", check=False)
    assert result.returncode == 1
    assert "never" in result.stderr
    result = daemon.ctl("schedule", "delete", "user-1", "nobody", check=False)
    assert (result.returncode, result.stdout.splitlines()[0]) == (1, "user-1: deleted")
    assert "nobody" in result.stderr
    assert [row["name"] for row in daemon.json("schedules")["schedules"]] == ["user-2"]
