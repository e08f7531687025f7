"""jobctl against the real scheduler and runner: each command of the queue once."""

import pytest
from jobd_fixture import wait_for

CONFIG = """
program app { command = "sleep 1000" }
runner { concurrency = 4 }
queue mailers { weight = 3 }
job hello { command = "sh -c 'echo hello $1; exit 3' --" retries = 0 queue = runners }
job fine  { command = "echo fine" }
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

