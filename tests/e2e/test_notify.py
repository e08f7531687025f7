"""What happened is told to others: signed requests that outlive a killed scheduler."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest
from http_server import HttpServer, answer
from jobd_fixture import wait_for

HOOK = 'job hook { post = "http://127.0.0.1:1/" }\n'
EVERY = '"job.pushed", "job.started", "job.done", "job.failed", "job.dead", "job.cancelled"'


def events(one, job="hook"):
    jobs = one.request("JOBS " + json.dumps({"type": job, "order": "oldest"}))
    return [one.job(found["jid"])["args"][0] for found in jobs]


def push(one, jid, **more):
    one.request("PUSH " + json.dumps({"jid": jid, "jobtype": "work", "args": [{"password": "x"}], **more}))


def words(found):
    return [event["event"] for event in found]


def test_the_life_of_a_job_is_told(scheduler):
    one = scheduler(HOOK + f'notify everything {{ events = {{ {EVERY} }} job = hook }}')
    worker = one.worker("w-1", labels=())
    push(one, "one-00000001", retry=1, custom={"tags": ["t1"]})
    worker.request("FETCH default")
    worker.request('FAIL {"jid":"one-00000001","errtype":"Bad","message":"it broke"}')
    one.request("RETRY one-00000001")
    worker.request("FETCH default")
    worker.request('FAIL {"jid":"one-00000001","errtype":"Bad","message":"it broke again"}')
    push(one, "two-00000001")
    worker.request("FETCH default")
    worker.request('ACK {"jid":"two-00000001"}')
    push(one, "three-000001")
    one.request("CANCEL three-000001")
    found = events(one)
    first = [event for event in found if event["jid"] == "one-00000001"]
    assert words(first) == ["job.pushed", "job.started", "job.failed", "job.started", "job.dead"]
    assert words(event for event in found if event["jid"] == "two-00000001") == ["job.pushed", "job.started", "job.done"]
    assert words(event for event in found if event["jid"] == "three-000001") == ["job.pushed", "job.cancelled"]
    dead = first[-1]
    assert (dead["type"], dead["queue"], dead["from"], dead["to"]) == ("work", "default", "running", "dead")
    assert dead["failure"]["message"] == "it broke again" and dead["failures"] == 2 and dead["tags"] == ["t1"]
    assert "password" not in json.dumps(found), "arguments are nobody's business"


def test_filters(scheduler):
    one = scheduler(HOOK + """job other { post = "http://127.0.0.1:1/" }
notify a { events = "job.pushed" types = { "bill*", "Mail::?" } job = hook }
notify b { events = "job.pushed" queues = "q*" types = "work" job = other }
notify c { events = "job.pushed" job = hook enabled = false }
""")
    for jid, kind, queue in (("a-0000001", "billing", "x"), ("b-0000001", "Mail::A", "x"), ("c-0000001", "Mail::AB", "x"),
                             ("d-0000001", "work", "quick"), ("e-0000001", "work", "slow")):  # fmt: skip
        push(one, jid, jobtype=kind, queue=queue)
    assert [event["jid"] for event in events(one)] == ["a-0000001", "b-0000001"]
    assert [event["jid"] for event in events(one, "other")] == ["d-0000001"]


def test_what_tells_is_not_told(scheduler):
    """Two that tell of everything would tell of each other without end."""
    one = scheduler(HOOK + f"""job other {{ post = "http://127.0.0.1:1/" }}
notify a {{ events = {{ {EVERY} }} job = hook }}
notify b {{ events = {{ {EVERY} }} job = other }}
""")
    runner = one.worker()
    push(one, "one-00000001")
    for _ in range(2):
        job = runner.take("default")
        assert job["jobtype"] in ("hook", "other") and job["args"][0]["event"] == "job.pushed"
        runner.ack(job["jid"])
    assert len(events(one)) == len(events(one, "other")) == 1


def test_a_waiting_runner_gets_it_in_the_same_turn(scheduler):
    one = scheduler(HOOK + 'notify a { events = "job.started" job = hook }')
    runner, worker = one.worker(), one.worker("w-1", labels=())
    runner.send("TAKE free=1 default")
    worker.send("FETCH default")
    push(one, "one-00000001")
    assert worker.reply()["jid"] == "one-00000001"
    assert runner.reply()["args"][0]["event"] == "job.started"


def test_programs_are_told_once(scheduler):
    one = scheduler(HOOK + """program web { command = x }
notify a { events = { "program.started", "program.exited", "program.fatal", "program.stopped" } job = hook }
notify b { events = "program.fatal" programs = "w*" job = hook }
""")
    one.control.wait_follower()
    end = {"reason": "exit", "code": 3, "at": "2026-01-01T00:00:00Z", "uptime_ms": 5}

    def event(seq, before, after, **more):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        one.control.event(seq=seq, at=at, program="web", name="web", **{"from": before}, to=after, **more)

    event(1, "STARTING", "RUNNING", pid=7)
    event(2, "RUNNING", "BACKOFF", pid=7, exit=end)
    event(3, "BACKOFF", "FATAL")
    event(4, "RUNNING", "STOPPING")
    event(5, "STOPPING", "STOPPED", exit=end)
    wanted = ["program.started", "program.exited", "program.fatal", "program.fatal", "program.stopped"]
    wait_for(lambda: words(events(one)) == wanted, lambda: events(one))
    assert events(one)[1]["exit"]["code"] == 3 and events(one)[1]["seq"] == 2
    one.restart()
    one.control.wait_follower(2)
    event(6, "STARTING", "RUNNING")
    wait_for(lambda: len(events(one)) == 6, lambda: events(one))
    assert words(events(one)) == [*wanted, "program.started"]


def test_what_was_not_to_be_told_is_not_told_later(scheduler):
    one = scheduler(HOOK + "program web { command = x }")
    one.control.wait_follower()
    one.control.event(seq=1, at="2026-01-01T00:00:00Z", program="web", name="web", **{"from": "BACKOFF"}, to="FATAL")
    wait_for(lambda: one.request("INFO"), "a turn")
    one.reload(HOOK + 'program web { command = x }\nnotify a { events = "program.fatal" job = hook }')
    wait_for(lambda: one.sql("SELECT text FROM note WHERE key = 'notify/cursor'") == [("0 1",)], "the reload")
    one.restart()
    one.control.event(seq=2, at="2026-01-01T00:00:00Z", program="web", name="web", **{"from": "BACKOFF"}, to="FATAL")
    wait_for(lambda: len(events(one)) >= 1, "the new one")
    assert [event["seq"] for event in events(one)] == [2]


def left(daemon, kind):
    return [job for job in daemon.json("jobs", "--type", kind, "--all")["jobs"] if job["state"] not in ("done", "dead")]


def hmac(key, data):
    said = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", key], input=data, capture_output=True, check=True)
    return said.stdout.split()[-1].decode()


@pytest.fixture
def receiver():
    with HttpServer({"/hook": answer(200)}) as server:
        yield server


def test_nothing_is_lost_over_kill_9_and_everything_is_signed(jobd, receiver, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    daemon = jobd(f"""
job hook {{ post = "{receiver.url}/hook" secret_file = "{secret}" retries = 50 retry_delay = 100ms on_crash = retry }}
job good {{ command = "true" }}
program bad {{ command = "sh -c 'exit 3'" autostart = false start_retries = 0 }}
notify everything {{ events = {{ "job.done", "program.fatal" }} job = hook }}
""")
    jids, stop = [], threading.Event()

    def kill():
        while not stop.wait(0.3):
            os.kill(daemon.wait_state("scheduler", "RUNNING")["pid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    for _ in range(30):
        said = daemon.ctl("run", "good", check=False)
        if said.returncode == 0:  # otherwise the scheduler was killed before it could answer
            jids.append(said.stdout.strip())
    daemon.ctl("start", "bad", check=False)
    stop.set()
    killer.join()

    def told():
        return [json.loads(request.body)["args"][0] for request in receiver.requests]

    wait_for(lambda: set(jids) <= {event.get("jid") for event in told()}, lambda: set(jids) - {e.get("jid") for e in told()}, 40)
    wait_for(lambda: "bad" in {event.get("name") for event in told() if event["event"] == "program.fatal"}, told)
    for request in receiver.requests:
        head, signature = request.headers["x-jobd-signature"].split(",")
        assert head.startswith("t=") and signature == "v1=" + hmac("s3cret", head[2:].encode() + b"." + request.body)
    # One whose answer was lost may still be on its way.
    wait_for(lambda: not left(daemon, "good"), lambda: left(daemon, "good"))
    good = daemon.json("jobs", "--type", "good", "--state", "done", "--all")["jobs"]
    assert len(daemon.json("jobs", "--type", "hook", "--all")["jobs"]) == len(good) + 1, "each is told by one job"
