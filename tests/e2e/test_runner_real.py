"""Jobs with URLs and mails through the whole of jobd: scheduler, runner and jobctl."""

import json
import uuid

import pytest
from http_server import HttpServer, answer
from jobd_fixture import free_port, wait_for
from smtp_server import SmtpServer


@pytest.fixture
def http():
    made = []

    def make(paths):
        made.append(HttpServer(paths))
        return made[-1]

    yield make
    for one in made:
        one.__exit__()


class Queue:
    """A client of queue.sock that reads the greeting, too."""

    def __init__(self, daemon, wid=None):
        self.wire = daemon.wire("queue.sock", hello=False)
        self.wire.reply()
        self.wire.request("HELLO " + json.dumps({"v": 2, **({"wid": wid} if wid else {})}))

    def push(self, jobtype, *args, **more):
        jid = more.pop("jid", f"jid-{jobtype}-{uuid.uuid4().hex[:8]}")
        self.wire.request("PUSH " + json.dumps({"jid": jid, "jobtype": jobtype, "args": args, **more}))
        return jid

    def wait(self, jid):
        return self.wire.request(f"WAIT {jid}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()


def test_an_answer_becomes_the_result_and_the_status_the_state(jobd, http):
    server = http({
        "/ok": answer(200, '{"id": 12345678901234567}', "application/json"),
        "/gone": answer(410), "/busy": answer(503, Retry_After="100"),
    })  # fmt: skip
    daemon = jobd("\n".join(f'job j{path[1:]} {{ post = "{server.url}{path}" retries = 3 }}' for path in server.paths))
    with Queue(daemon) as client:
        job = client.wait(client.push("jok", {"a": 1}))
        assert job["state"] == "done" and job["result"] == {"id": 12345678901234567}, job
        assert job["attempts"][0]["code"] == 200
        job = client.wait(client.push("jgone"))
        assert job["state"] == "dead" and len(job["attempts"]) == 1, job
        jid = client.push("jbusy")
        job = wait_for(
            lambda: (job := client.wire.request(f"JOB {jid}"))["state"] == "retry" and job, "the retry"
        )
        wait_s = job["failure"]["next_at"], job["failure"]["failed_at"]
        assert job["attempts"][0]["error"] == "HTTP 503", job
        assert wait_s[0][:16] > wait_s[1][:16], wait_s


def test_a_breaker_is_seen_and_jobs_are_given_back_without_an_attempt(jobd):
    port = free_port()
    daemon = jobd(
        f'job j {{ post = "http://127.0.0.1:{port}/" retries = 9 retry_delay = 1s'
        ' breaker { failures = 2 pause = "100s" } }'
    )
    with Queue(daemon) as client:
        for number in range(2):
            client.push("j", jid=f"failing-{number}")
        (breaker,) = wait_for(lambda: client.wire.request("BREAKERS"), "the breaker")
        assert breaker["target"] == f"http://127.0.0.1:{port}" and breaker["state"] == "open", breaker
        jid = client.push("j", jid="returned-1")
        job = wait_for(
            lambda: (job := client.wire.request(f"JOB {jid}"))["state"] == "scheduled" and job, "the job to be given back"
        )
        assert job["attempts"] == [], job


def test_a_test_mail_by_jobctl(jobd):
    with SmtpServer(refuse={"bad@example.org": "550 no such user"}) as server:
        daemon = jobd(
            f'smtp {{ url = "{server.url}" from = "jobd@example.org" }}\njob other {{ command = "true" queue = "other" }}'
        )
        daemon.ctl("mail", "test", "me@example.org")
        assert server.mails[0].recipients == ["me@example.org"]
        result = daemon.ctl("mail", "test", "bad@example.org", check=False)
        assert result.returncode != 0 and "550 no such user" in result.stdout + result.stderr


def test_several_jobs_are_claimed_with_one_take(jobd):
    daemon = jobd('job j { }\nprogram idle { command = "sleep 1000" }')
    with Queue(daemon) as client, Queue(daemon, wid="worker-1") as worker:
        for number in range(5):
            client.push("other", number, jid=f"job-number-{number}")
        worker.wire.send("TAKE free=3 max=3 default")
        assert [worker.wire.reply()["args"] for _ in range(3)] == [[0], [1], [2]]
        assert worker.wire.reply() is None
        worker.wire.send("TAKE free=9 max=9 default")
        assert [worker.wire.reply()["args"] for _ in range(2)] == [[3], [4]]
        assert worker.wire.reply() is None
        # One that waits is ended by the next, with an empty list.
        worker.wire.send("TAKE free=9 max=9 default")
        worker.wire.send("TAKE free=0 max=1 default")
        assert worker.wire.reply() is None
        client.wire.request("KILL job-number-3")
        assert worker.wire.reply() == {"order": "kill", "jid": "job-number-3", "reason": "killed"}
        assert worker.wire.reply() is None


def test_a_runner_without_its_module_says_so_and_goes_on(jobd, http):
    server = http({"/ok": answer(200, "fine")})
    daemon = jobd(f'job ask {{ post = "{server.url}/ok" retries = 0 }}\njob say {{ command = "echo here" }}')
    module = daemon.dir / "libexec/jobd-runner-net.so"
    away = module.rename(module.with_suffix(".away"))
    with Queue(daemon) as client:
        jid = client.push("ask", "early")
        job = client.wait(jid)
        assert job["state"] == "dead" and "jobd-runner-net.so: cannot open shared object file" in job["attempts"][0]["error"], job
        assert client.wait(client.push("say"))["state"] == "done"
        away.rename(module)
        assert client.wait(client.push("ask", "late"))["state"] == "done"
